"""What a member meets, in Simplified Chinese: the English sentence is the key."""

from __future__ import annotations

from .ending import GIVE, NEXT, NOT_SEEN
from .texts_zh_audit import TEXTS as AUDIT
from .texts_zh_bulk import TEXTS as BULK
from .texts_zh_cases import TEXTS as CASES
from .texts_zh_demo import TEXTS as DEMO
from .texts_zh_disclosure import TEXTS as DISCLOSURE
from .texts_zh_evidence import TEXTS as EVIDENCE
from .texts_zh_operator import TEXTS as OPERATOR
from .texts_zh_plan import TEXTS as PLAN
from .texts_zh_record import TEXTS as RECORD
from .texts_zh_signing import TEXTS as SIGNING
from .texts_zh_told import TEXTS as TOLD
from .texts_zh_vault import TEXTS as VAULT

__all__ = ["TEXTS"]

TEXTS: dict[str, str] = {
    # --- facts ----------------------------------------------------------------------------------
    "You joined {title} on {day} in block {height}, with {deposit}.": (
        "您于 {day}在第 {height} 号区块加入“{title}”，预存 {deposit}。"
    ),
    "In {count} round you shared {amount}": "在 {count} 期中您共分摊 {amount}",
    "In {count} rounds you shared {amount}": "在 {count} 期中您共分摊 {amount}",
    " in {count} case.": "，涉及 {count} 个互助案件。",
    " in {count} cases.": "，涉及 {count} 个互助案件。",
    "There was no round since then.": "此后还没有进行过分摊。",
    "You paid in {amount} later.": "此后您充值 {amount}。",
    "You paid in {amount} later, {count} times.": "此后您充值 {count} 次，共 {amount}。",
    "You took out {amount}.": "您取出 {amount}。",
    "You took out {amount}, {count} times.": "您取出 {count} 次，共 {amount}。",
    "Your balance is {amount}.": "您的余额为 {amount}。",
    "You have left the plan.": "您已退出该计划。",
    "It is above zero: you are covered, as far as the covenant's other rules allow.": (
        "余额大于零：在符合互助公约其他规则的前提下，您处于保障中。"
    ),
    "It is not above zero: you are not covered.": "余额不大于零：您目前没有保障。",
    # --- rounds ---------------------------------------------------------------------------------
    "round": "期",
    "date": "日期",
    "aid": "互助金",
    "shared by": "分摊人数",
    "each": "每人",
    "you": "您",
    "paid": "已扣",
    "partial": "部分",
    "capped": "封顶",
    "exempt": "免摊",
    "lapsed": "失效",
    "exited": "已退出",
    "waiting": "等待期",
    "The last {shown} of {count} rounds; --json lists all.": (
        "仅列出 {count} 期中最近的 {shown} 期；--json 可列出全部。"
    ),
    # --- verdicts -------------------------------------------------------------------------------
    "VERIFIED": "核验通过",
    "TAMPERED": "内容被篡改",
    "COULD NOT CHECK": "无法核验",
    "ROLLBACK": "账本被回退",
    "This is what stands in the book of {origin}, {size} blocks long, as of {when}.": (
        "以上内容与 {origin} 的账本一致，账本共 {size} 个区块，截至 {when}。"
    ),
    "What was checked": "核验了什么",
    "What this does not say": "这次核验不能说明什么",
    "This is not insurance: members of a plan share one another's aid.": "这不是保险：计划的会员互相分摊互助金。",
    "This file does not match the signed chain. Do not rely on anything in it.": (
        "此文件与已签名的链不符。不要相信其中的任何内容。"
    ),
    "This file is genuine, and shows that the book itself breaks a rule: its operator signed it so.": (
        "此文件是真的，它表明账本本身违反了规则：运营方就是这样签名的。"
    ),
    "Nothing could be concluded: the record is neither confirmed nor refuted.": (
        "无法得出结论：记录既未被证实，也未被否定。"
    ),
    "The book that this file shows does not go on from the one you saw before.": (
        "此文件所示的账本与您以前看到的账本不连续。"
    ),
    "reason": "原因",
    "detail": "详情",
    "where": "位置",
    "expected": "应为",
    "found": "实为",
    "rule": "规则",
    "more": "详细说明",
    "What it means": "这意味着什么",
    "What to do": "该怎么办",
    # --- checks ---------------------------------------------------------------------------------
    "The log's key that you trust signed this book, {size} blocks long.": (
        "您信任的日志密钥签署了这本账，共 {size} 个区块。"
    ),
    "{witnesses} of the witnesses you trust saw the same book.": "您信任的见证方中有 {witnesses} 个看到了同一本账。",
    "The book begins with this chain's genesis block and ends with block {height}, signed by its operator.": (
        "账本始于本链的创世区块，止于第 {height} 号区块，由运营方签名。"
    ),
    "It continues the book that you saw before, {size} blocks long then; nothing in that was changed.": (
        "它是您以前看到的那本账的延续：当时有 {size} 个区块，其中没有任何改动。"
    ),
    "It was compared with no earlier book: keep this file, and name it with --seen the next time.": (
        "没有与以前的账本比较：请保存这个文件，下次用 --seen 指明它。"
    ),
    "Your row stands in slot {slot}, recorded in block {height}.": "您的会员号为 {slot}，记录在第 {height} 号区块。",
    "Every round since you joined is here, {count} in all; the signed counter says that there is no later one.": (
        "您加入以来的 {count} 期全部在此；已签名的计数表明此后没有更多期。"
    ),
    "Each deduction is exactly what the covenant computes; everybody who shared owed the same.": (
        "每次扣款都与互助公约计算的金额完全一致；每位分摊者应付金额相同。"
    ),
    "In each round, what was collected equals aid, fee and what was carried over.": (
        "每一期收取的金额都等于互助金、管理费与结转金额之和。"
    ),
    "Every round counts your credits, withdrawals and notices; none is missing up to the last round.": (
        "每一期都记有您的充值、取款和通知的数量；截至最近一期没有遗漏。"
    ),
    # --- limits ---------------------------------------------------------------------------------
    "It cannot prove that a diagnosis is true, only who vouched for it; nor that money left a bank.": (
        "它不能证明诊断属实，只能证明由谁核实；也不能证明款项已从银行转出。"
    ),
    "No witness has cosigned this book: its operator could show somebody else another one.": (
        "没有见证方为这本账联署：运营方可能给别人看另一本账。"
    ),
    "You gave no passport: whose record this is was not checked.": "您没有提供个人密钥：未核验这是谁的记录。",
    "Since the last round's snapshot {count} credits, withdrawals or notices of yours are shown; "
    "that there were no others shows with the next round.": (
        "最近一期快照之后显示了您的 {count} 笔充值、取款或通知；是否没有其他，要到下一期才能确认。"
    ),
    "Before your first round {count} credits, withdrawals or notices of yours are shown; "
    "that there were no others shows with that round.": (
        "在您的第一期之前显示了您的 {count} 笔充值、取款或通知；是否没有其他，要到那一期才能确认。"
    ),
    "Other members' rows and the cases themselves are not in this record: an audit checks them.": (
        "其他会员的记录和案件本身不在这份文件中，由审计核查。"
    ),
    "Times are the operator's own word.": "时间由运营方自行填写。",
    # --- explain --------------------------------------------------------------------------------
    "Exit code {code}: {verdict}.": "退出码 {code}：{verdict}。",
    "tampered": "内容被篡改",
    "usage": "用法错误",
    "could not check": "无法核验",
    "rollback": "账本被回退",
    # --- passport -------------------------------------------------------------------------------
    "Your passport is in {file}.": "您的个人密钥已保存在 {file}。",
    "It is locked: it opens with your passphrase only.": "已加锁：只有您的口令才能打开。",
    "Keep it private: whoever has it can sign withdrawals in your name.": (
        "请妥善保管：拿到它的人可以以您的名义签署取款。"
    ),
    "It trusts: {logs}.": "信任的账本：{logs}。",
    "no log": "无",
    "Your 24 words. Write them down on paper, in their order, and show them to nobody:": (
        "您的 24 个助记词。请按顺序抄在纸上，不要给任何人看："
    ),
    "Whoever has them has your passport. With them you make it again if you lose it.": (
        "谁拿到助记词，谁就拥有您的个人密钥；丢失个人密钥时，可凭助记词重新生成。"
    ),
    "Your 24 words": "您的 24 个助记词",
    "A passphrase": "口令",
    "A passphrase (empty: none)": "口令（留空则不加锁）",
    "The same again": "再输入一次",
    "{file} opens with the new passphrase.": "{file} 可用新口令打开。",
    "{file} opens without a passphrase.": "{file} 无需口令即可打开。",
    "Next:": "下一步：",
    "plan": "互助计划",
    "book": "账本",
    "public key": "公钥",
    "address": "区块链地址",
    "VERIFIED: {sentence}": "核验通过：{sentence}",
    NEXT["well"]: "目前您不需要做任何事。下一期之后，请在这台设备上核验下一份记录。",
    NEXT["doubt"]: "请阅读上面标出的事项：是否属实，只有您知道。",
    NEXT["older"]: "您看到过比这更新的账本：请索取新的文件。",
    NEXT["uncovered"]: "您目前没有保障：请向平台询问是否需要做什么，例如充值。",
    NEXT["owing"]: "您有以前各期的欠款：请补足，以免失去保障。",
    NEXT["unkept"]: "请保存这个文件：下次核验时用 --seen 指明它。",
    NEXT["later"]: "您不需要做任何事。您看到过更新的账本：此后的情况要看新的文件。",
    NEXT["case"]: "您不需要做任何事。",
    NOT_SEEN: (
        "助记词不包含您看到过哪些账本。如果您保存着以前的记录，请在下次核验时用 --seen 指明它："
        "由此可知其中没有任何改动。"
    ),
    GIVE: "加入时请把公钥交给平台。公钥不是秘密，不透露您的任何信息。",
    # --- trust ----------------------------------------------------------------------------------
    "The trust file is in {file}.": "信任文件已保存在 {file}。",
    "Its signature counts {window}.": "其签名的有效时间：{window}。",
    "until {end}": "至 {end}",
    "from {start}": "自 {start} 起",
    "from {start} to {end}": "自 {start} 至 {end}",
    "{wanted} of {total}": "{total} 个中至少 {wanted} 个",
    "No witness is asked for.": "不要求任何见证方。",
    "These must have seen a checkpoint:": "检查点须由以下见证方看到：",
    "Their word may be {age} old.": "见证时间不得早于 {age} 之前。",
    "REFUSED": "不予接受",
    "IT HOLDS": "成立",
    "IT HOLDS, WITH DOUBTS": "成立，但有疑问",
    "The quorum is none: no witness has to have seen a checkpoint.": "法定人数为 none：检查点无须任何见证方看到。",
    "Whoever holds the log's key can show every reader another history.": (
        "持有日志密钥的人可以给每位读者看不同的历史。"
    ),
    "The quorum {quorum} needs {needed} of {total} witnesses or more; {sets} smallest sets do.": (
        "法定人数 {quorum} 至少需要 {total} 个见证方中的 {needed} 个；最小的组合有 {sets} 种。"
    ),
    "Two quorums share {shared} or more: {first} on one side, {second} on the other, in both {both}.": (
        "任意两组法定见证方至少有 {shared} 个共同成员：一组为 {first}，另一组为 {second}，共同成员为 {both}。"
    ),
    "Two quorums may share none: {first} on one side, {second} on the other.": (
        "两组法定见证方可以没有共同成员：一组为 {first}，另一组为 {second}。"
    ),
    "Two histories can both be believed, and no witness has to lie for it.": (
        "两段历史可以同时被采信，而且无须任何见证方说谎。"
    ),
    "One witness that lies, or whose key is stolen, is enough for two histories to be believed.": (
        "只要有一个见证方说谎，或其密钥被盗，两段历史就可能同时被采信。"
    ),
    "Only {shared} witnesses that lie together can make two histories believed; {survived} cannot.": (
        "只有 {shared} 个见证方串通说谎，两段历史才可能同时被采信；{survived} 个做不到。"
    ),
    "With {absent} of the witnesses unreachable, whichever they are, a quorum is left.": (
        "任意 {absent} 个见证方无法联系时，仍可达到法定人数。"
    ),
    "With all but any one of the witnesses reachable, a quorum may be missing.": (
        "只要有一个见证方无法联系，就可能达不到法定人数。"
    ),
    "No quorum needs {names}.": "任何法定组合都不需要 {names}。",
    "Two quorums need not share a single witness.": "两组法定见证方可以没有任何共同成员。",
    "Two quorums may share {shared}, and {lies} may lie: then two histories can be believed.": (
        "两组法定见证方可能只有 {shared} 个共同成员，而可能有 {lies} 个说谎：那时两段历史可以同时被采信。"
    ),
    "A single witness that does not answer can stop the log.": "只要一个见证方不应答，日志就会停止。",
    "No quorum needs {names}: the line protects nobody.": "任何法定组合都不需要 {names}：这一行不起任何保护作用。",
    "The file names no log: nothing is believed under it.": "文件没有写明任何日志：凭它什么都不会被采信。",
    "No key of {origin} counts now.": "{origin} 目前没有有效的密钥。",
    "No key of {origin} counts from {start} to {end}.": "{origin} 自 {start} 至 {end} 没有有效的密钥。",
    "The last key of {origin} counts until {end}: hand out a new trust file before.": (
        "{origin} 的最后一把密钥有效至 {end}：请在此之前分发新的信任文件。"
    ),
    "No largest age is asked for: an old book passes for the newest one.": (
        "没有规定最长时限：旧账本可以冒充最新的账本。"
    ),
    "The largest age is held against the operator's own word, because no witness is asked for.": (
        "由于不要求见证方，最长时限只能依据运营方自己填写的时间。"
    ),
    **BULK,
    **AUDIT,
    **CASES,
    **DEMO,
    **DISCLOSURE,
    **EVIDENCE,
    **OPERATOR,
    **PLAN,
    **RECORD,
    **SIGNING,
    **TOLD,
    **VAULT,
    # --- joining --------------------------------------------------------------------------------
    "In short:": "要点：",
    "waiting period": "等待期",
    "up to {count} days": "最长 {count} 天",
    "Do you agree to this covenant?": "您同意这份互助公约吗？",
    "Your request to join {title} is in {file}.": "您加入“{title}”的申请已写入 {file}。",
    "Send it to the platform: only the platform can read it.": "请把它发给平台：只有平台能读。",
    "You agreed to covenant {version}, {hash}.": "您同意的是第 {version} 版互助公约：{hash}。",
    "Your key is held by somebody else, who could sign in your name.": (
        "您的个人密钥由他人保管，该人可以以您的名义签字。"
    ),
}
"""A test holds it complete against what the commands say."""
