"""What a member meets, in Simplified Chinese: the English sentence is the key."""

from __future__ import annotations

__all__ = ["TEXTS"]

TEXTS: dict[str, str] = {
    # --- facts ----------------------------------------------------------------------------------
    "You joined {title} on {day} in block {height}, with {deposit}.": (
        "您于 {day} 在第 {height} 号区块加入“{title}”，预存 {deposit}。"
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
    "This is not your record. It may be genuine, and it says nothing about you.": (
        "这不是您的记录。它可能是真的，但与您无关。"
    ),
    "This file matches the signed chain, and the chain itself breaks a rule.": (
        "此文件与已签名的链相符，但链本身违反了规则。"
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
    "The key in that row is yours.": "该行记录的公钥是您的。",
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
    "Each withdrawal and exit carries your own signature.": "每次取款和退出都有您本人的签名。",
    "Deposit, credits, withdrawals and deductions add up to the balance.": "预存、充值、取款与扣款合计等于余额。",
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
}
"""A test holds it complete against the sentences of ``checking``, ``record.facts`` and ``explain``."""
