"""What a member meets when she checks her record, in Simplified Chinese: checks, limits, pins and what went wrong."""

from __future__ import annotations

__all__ = ["TEXTS"]

TEXTS: dict[str, str] = {
    # --- facts ----------------------------------------------------------------------------------
    "You got back {amount} of what you had shared.": "您分摊的金额中已退回 {amount}。",
    "You owe {amount} for earlier rounds.": "您尚欠以前各期 {amount}。",
    "The plan ended on {day}.": "该计划已于 {day}关停。",
    "The end of the plan was announced on {day}.": "该计划已于 {day}公告关停。",
    "You are covered, as far as the covenant's other rules allow.": "在符合互助公约其他规则的前提下，您处于保障中。",
    "You are not covered now.": "您目前没有保障。",
    # --- the head words -------------------------------------------------------------------------
    "The head words of this book. Whoever sees the same words, in a notice or with a witness, sees the same book:": (
        "账本的校验字。别人在通知里或从见证方看到相同的字，看到的就是同一本账："
    ),
    # --- checks ---------------------------------------------------------------------------------
    "The key that speaks for that slot, or once did, is yours.": "该会员号现在或曾经使用的密钥是您的。",
    "Every version of the covenant is here, {count} in all; each round is held against the one in force.": (
        "互助公约的全部 {count} 个版本都在此；每一期都按当时有效的版本核对。"
    ),
    "Each notice shows the entry it names, {count} in all: what was decided about you and your cases.": (
        "{count} 则通知都列出了所指的条目：关于您和您的案件作了什么决定。"
    ),
    "Every refund is here, {count} in all; each gives back exactly the case's part of what you paid.": (
        "{count} 次退款全部在此；每次退回的都恰好是您所付金额中该案件的部分。"
    ),
    "Each withdrawal, exit, ballot, request and appeal carries the signature of the key in force then.": (
        "每次取款、退出、投票、申请和申诉都有当时有效密钥的签名。"
    ),
    "Deposit, credits, refunds, corrections, withdrawals and deductions add up to the balance.": (
        "预存、充值、退款、更正、取款与扣款合计等于余额。"
    ),
    # --- limits ---------------------------------------------------------------------------------
    "That a collection from your account failed, where a round says so, is the operator's word.": (
        "某期写明从您的账户扣款失败的，以运营方所述为准。"
    ),
    "What members ill in the waiting period got back stands in each round's terms; "
    "whose it was, and that the sum is right, an audit shows.": (
        "等待期内患病的会员退回的金额写在每一期的条件中；退给了谁、数额是否正确，由审计核实。"
    ),
    "It was compared with no earlier book, because it is the first one of yours that was checked here. "
    "It is kept: the next one must continue it.": (
        "没有与以前的账本比较，因为这是在这里核验的您的第一本账。已为您存照：下一本必须是它的延续。"
    ),
    "You have seen a newer book, {size} blocks long: this one is older, and does not say what came since.": (
        "您看到过更新的账本，共 {size} 个区块：这一本较早，不能说明此后的情况。"
    ),
    "It could not be kept for the next time ({why}): keep this file, and name it with --seen.": (
        "无法为下次核验存照（{why}）：请保存这个文件，下次用 --seen 指明它。"
    ),
    # --- none, or one ---------------------------------------------------------------------------
    "One of the witnesses you trust saw the same book.": "您信任的见证方中有 1 个看到了同一本账。",
    "The covenant is here, in its only version; each round is held against it.": (
        "互助公约只有一个版本，就在此；每一期都按它核对。"
    ),
    "There was no round since you joined: the signed counter says so.": "已签名的计数表明，您加入以来还没有分摊过。",
    "The one round since you joined is here; the signed counter says that there is no later one.": (
        "您加入以来唯一的一期就在此；已签名的计数表明此后没有更多期。"
    ),
    "The one notice of yours shows the entry it names: what was decided about you or your case.": (
        "您唯一的一则通知列出了所指的条目：关于您或您的案件作了什么决定。"
    ),
    "Every refund since you joined was looked at; none of them was for you.": (
        "您加入以来的每次退款都已核查；没有一次涉及您。"
    ),
    "The one refund of yours is here; it gives back exactly the case's part of what you paid.": (
        "您唯一的一次退款就在此；退回的恰好是您所付金额中该案件的部分。"
    ),
    "No credit, withdrawal or notice of yours is shown since the last round's snapshot; "
    "that there was none shows with the next round.": (
        "最近一期快照之后没有显示您的充值、取款或通知；是否确实没有，要到下一期才能确认。"
    ),
    "One credit, withdrawal or notice of yours is shown since the last round's snapshot; "
    "that there was no other shows with the next round.": (
        "最近一期快照之后显示了您的一笔充值、取款或通知；是否没有其他，要到下一期才能确认。"
    ),
    "No credit, withdrawal or notice of yours is shown before your first round; "
    "that there was none shows with that round.": (
        "在您的第一期之前没有显示您的充值、取款或通知；是否确实没有，要到那一期才能确认。"
    ),
    "One credit, withdrawal or notice of yours is shown before your first round; "
    "that there was no other shows with that round.": (
        "在您的第一期之前显示了您的一笔充值、取款或通知；是否没有其他，要到那一期才能确认。"
    ),
    # --- not verified ---------------------------------------------------------------------------
    "SPLIT VIEW": "账本分叉",
    "RULE BROKEN": "账本违规",
    "This record is genuine, and it is not yours: it says nothing about you.": (
        "这份记录是真的，但不是您的：它没有说明您的任何情况。"
    ),
    "The record is too old to say how things are: ask for a fresh one.": (
        "这份记录过旧，不能说明现在的情况：请索取最新的记录。"
    ),
    "Whether it continues the book that you saw before could not be checked.": "无法核验它是否延续您以前看到的账本。",
    "There is evidence, and it could not be written: {why}.": "有证据，但无法写入文件：{why}。",
    "Check again with --evidence FILE, a place where you may write.": (
        "请用 --evidence 指定一个可以写入的文件，再核验一次。"
    ),
    # --- compare --------------------------------------------------------------------------------
    "head words of {name}": "{name} 的校验字",
    # --- qr -------------------------------------------------------------------------------------
    "{file} is written.": "已写入 {file}。",
    "The code is {count} columns wide, more than this terminal.": "二维码宽 {count} 列，超过了这个终端的宽度。",
    "Make the window wider, or write a picture with -o FILE.svg.": "请放宽窗口，或用 -o 文件名.svg 写成图片。",
    # --- show -----------------------------------------------------------------------------------
    "{file}: {what}": "{file}：{what}",
    "a record": "会员记录",
    "a receipt": "回执",
    "a disclosure": "案件公示",
    "evidence": "证据",
    "a passport": "个人密钥",
    "a trust file": "信任文件",
    "a checkpoint": "检查点",
    "a pin": "存照",
    "an invitation": "加入邀请",
    "a request to join": "加入申请",
    "an opened field": "公开的一项内容",
    "Nothing of this was checked.": "以上内容均未核验。",
    "Nothing of this was checked: it convicts nobody yet.": "以上内容均未核验：它还不能证明任何人有过错。",
    "To check it:": "核验方法：",
    "{names} (says the file)": "{names}（文件所述）",
    "{when}, block {height}": "{when}，第 {height} 号区块",
    "{height}, of {when}": "第 {height} 号，{when}",
    "an entry of plan {plan}: {kind}": "计划 {plan} 的一条条目：{kind}",
    "one row of {schema} number {number}, plan {plan}": "计划 {plan} 的 {schema} 第 {number} 张表中的一行",
    "{count} row of {schema} number {number}, plan {plan}": "计划 {plan} 的 {schema} 第 {number} 张表中的 {count} 行",
    "{count} rows of {schema} number {number}, plan {plan}": "计划 {plan} 的 {schema} 第 {number} 张表中的 {count} 行",
    "two checkpoints contradict each other: of one size": "两个检查点相互矛盾：长度相同",
    "two checkpoints contradict each other: the larger one begins otherwise": "两个检查点相互矛盾：较长的一个开头不同",
    "two checkpoints contradict each other: the two begin differently": "两个检查点相互矛盾：两者的开头不同",
    "two checkpoints contradict each other: a block differs": "两个检查点相互矛盾：有一个区块不同",
    "blocks break a rule: {heights}": "区块违反规则：{heights}",
    "a record's chain breaks a rule": "记录所在的链违反规则",
    "locked: it opens with its passphrase only": "已加锁：只有口令才能打开",
    "nobody yet": "尚未信任任何人",
    "not shown": "不显示",
    "none: no witness is asked for": "无：不要求见证方",
    "{count} bytes that only the operator can open": "{count} 字节，只有运营方能打开",
    "blocks": "区块数",
    "root": "根哈希",
    "head words": "校验字",
    "a covenant": "互助公约",
    "the facts of a case": "案件的事实",
    "the sealed facts of a case": "封存的案件事实",
    "what is shown of a case": "案件的公示内容",
    "signed by": "签名方",
    "as of": "截至",
    "slot": "会员号",
    "joined": "加入时间",
    "rounds": "期数",
    "events": "变动数",
    "block": "区块",
    "for": "内容",
    "says": "说明",
    "secret": "密钥",
    "trusts": "信任",
    "witness": "见证方",
    "quorum": "法定人数",
    "accepted": "认可时间",
    "books": "账本数",
    "title": "名称",
    "covenant": "互助公约",
    "deposit": "预存",
    "sealed to": "加密给",
    "content": "内容",
    "claim": "声明",
    "value": "值",
    "other book": "另一账本",
    "other blocks": "另一区块数",
    "other root": "另一根哈希",
    "other head words": "另一校验字",
    "other signed by": "另一签名方",
}
