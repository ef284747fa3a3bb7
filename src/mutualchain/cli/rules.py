"""What a record breaks, said to its member: the rule, the round and the two values, in her language and in yuan.

The verifier is pure and speaks English and minor units; its messages are found again here by their form. A form names
its values, each with what it is: ``money`` (minor units), ``n`` (a number), ``word`` (a state or a status), ``place``
(a round, a block), ``code`` (a clause), ``kind`` (an entry's) or ``rest`` (whatever another rule said). A test holds it
complete.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final

from .amounts import amount
from .language import Words
from .rules_cases import CASE_FORMS, ENTRIES

__all__ = ["FORMS", "said", "where"]

_VALUES: Final = {
    "money": r"-?[0-9]+",
    "n": r"-?[0-9]+",
    "word": r"[a-z][a-z _-]*",
    "place": r"(?:round|refund|event|block) [0-9]+",
    "code": r"[A-Za-z_.]+",
    "kind": r"[a-z_]+",
    "rest": r".+",
}
_FIELD: Final = re.compile(r"\{(\w+):(\w+)\}")

FORMS: Final[dict[str, str]] = {
    **CASE_FORMS,
    # --- what she was charged, and what is hers ---------------------------------------------------
    "you were charged {found:money} ({how:word}); the covenant computes {expected:money} ({why:word})": (
        "您被扣 {found}（{how}），而按互助公约应为 {expected}（{why}）"
    ),
    "the covenant asks for a deposit of {expected:money} (membership.prepay)": (
        "互助公约要求预存 {expected}（membership.prepay）"
    ),
    "{found:money} was withdrawn where {expected:money} was free": "取出了 {found}，而可取的只有 {expected}",
    "{found:money} was taken back where {expected:money} was free": "收回了 {found}，而可收回的只有 {expected}",
    "{found:money} of arrears was paid where {expected:money} was owed": "补缴了 {found}，而欠缴的是 {expected}",
    "{found:money} was refunded where {expected:money} is the case's part of what you paid": (
        "退款为 {found}，而您所付金额中该案件的部分是 {expected}"
    ),
    "{found:money} was approved where {expected:money} was requested": "批准了 {found}，而申请的是 {expected}",
    "a round shares {found:money} for a case of yours, and {expected:money} was approved": (
        "一期为您的案件分摊了 {found}，而批准的是 {expected}"
    ),
    "more than {expected:money} is paid for a case of yours": "为您的案件发放的金额超过了 {expected}",
    "a credit is zero or too large": "一笔充值为零或过大",
    "a correction names no credit of yours that it could take back": "一笔更正没有指明可收回的充值",
    "the chain holds a credit after your exit": "链上有您退出之后的充值",
    "the chain holds an exit after your exit": "链上有您退出之后的又一次退出",
    "you did not sign what the chain holds in your name: {what:word}": "链上有一项以您的名义而您没有签名的内容：{what}",
    "you did not sign an entry in your name: {what:kind}": "链上有一条以您的名义而您没有签名的条目：{what}",
    "the new key did not sign an entry in its name: {what:kind}": "链上有一条新密钥没有签名的条目：{what}",
    "{at:place} counts {found:n} events of yours; the chain holds {expected:n}": (
        "{at}记有您的 {found} 项变动，而链上有 {expected} 项"
    ),
    "your events are not numbered in the order of their recording": "您的各项变动没有按记录顺序编号",
    "a ballot of yours is on nothing: {why:rest}": "您的一次投票没有对象（{why}）",
    "your slot does not fit the plan's counters": "您的会员号与计划的计数不符",
    # --- a round's figures ----------------------------------------------------------------------
    "headcount is stated as {found:n} and computed as {expected:n}": "分摊人数写明为 {found}，计算得 {expected}",
    "divisor is stated as {found:n} and computed as {expected:n}": "分摊所除人数写明为 {found}，计算得 {expected}",
    "{what:word} is stated as {found:money} and computed as {expected:money}": (
        "{what}写明为 {found}，计算得 {expected}"
    ),
    "the top-up is {found:money} where the covenant asks for {expected:money}": (
        "补足金额为 {found}，而互助公约要求 {expected}"
    ),
    "{found:money} was paid where {expected:money} was due": "收取了 {found}，而应收 {expected}",
    "{found:n} share where {expected:n} must": "只有 {found} 人分摊，而至少须有 {expected} 人",
    "the share would be {found:money} where {expected:money} is the cap": "每人应分摊 {found}，而上限为 {expected}",
    "one case would cost {found:money} where {expected:money} is the cap": (
        "一个案件每人须分摊 {found}，而上限为 {expected}"
    ),
    "nobody shares in this round": "该期无人分摊",
    "the round's figures leave the range of the format": "该期的数字超出了格式允许的范围",
    "an amount is no whole number, negative or too large": "有一个金额为负、过大或不是整数",
    "the covenant is not the one that the round names": "互助公约不是该期所指的那一份",
    "the terms of {at:place} make no sense: {why:rest}": "{at}的条款不成立（{why}）",
    "{at:place} names a covenant that the plan never adopted": "{at}所指的互助公约从未被该计划采用",
    "{at:place} names another number or covenant than it has": "{at}所写的期号或互助公约不是它自己的",
    "{at:place} names a covenant that came after its snapshot": "{at}所指的互助公约晚于其零时快照",
    "a round's snapshot is not between the last round and the round itself": "零时快照不在上一期与本期之间",
    "a snapshot's height is not what was recorded up to its time": "零时快照的区块高度与其时间不符",
    "a round's rows are not the plan's slots": "该期的行数与计划的会员号数不符",
    "a round's aid does not fit its cases": "该期的互助金与其案件不符",
    "a round has no row for you, though you had joined before its snapshot": (
        "该期没有您的一行，而您在零时快照之前已加入"
    ),
    "a round charges you that was before you joined": "该期在您加入之前，却向您扣款",
    "a round has rows for some only of those who joined with you": "与您同时加入的人只有一部分在该期有记录",
    "a case is shared that an earlier round shared already": "分摊了以前某期已分摊过的案件",
    "{at:place} was not announced between its snapshot and its charge": "{at}没有在零时快照与扣款之间公示",
    "{at:place} was charged before its day ({clause:code})": "{at}在扣款日之前就已扣款（{clause}）",
    "the snapshot of {at:place} is no day of disclosure (calendar.disclosure_days)": (
        "{at}的零时快照不是公示日（calendar.disclosure_days）"
    ),
    "{at:place} was announced after the next day of disclosure (calendar.disclosure_days)": (
        "{at}在下一个公示日之后才公示（calendar.disclosure_days）"
    ),
    # --- refunds and cases ----------------------------------------------------------------------
    "a case is refunded twice": "同一案件退款两次",
    "a refund came before {at:place}, for which it is": "退款早于它所对应的{at}",
    "a refund has other rows than {at:place}": "退款的行数与{at}不同",
    "a refund is for a round that you were not in": "退款对应的一期您并未参加",
    "a refund is not for the case's part of {at:place}": "退款不是{at}中该案件的部分",
    "a case of yours was {found:word} when it was {expected:word}": "您的案件处于“{found}”时被改为“{expected}”",
    "a case of yours is paid that no round has shared, or that was voided": "您的案件未经分摊或已作废，却已发放",
    "a notice of yours names an entry that concerns somebody else": "您的一则通知所指的条目与他人有关",
    "an entry makes no sense: {why:rest}": "一条条目不成立（{why}）",
    "your membership was ended without a case that was refused by aid.waiting (aid.ill_in_waiting)": (
        "没有案件因等待期（aid.waiting）被拒，您的会员资格却被终止（aid.ill_in_waiting）"
    ),
    "{found:money} came back where {expected:money} was paid (aid.ill_in_waiting)": (
        "退回了 {found}，而您所付的是 {expected}（aid.ill_in_waiting）"
    ),
    "{found:money} was given back to all members, where {expected:money} was to you": (
        "写明退回给全体会员共 {found}，而仅退回给您的就有 {expected}"
    ),
    "{found:money} was given back for illness in the waiting period without a rule": (
        "写明因等待期内患病退回了 {found}，而没有一份互助公约这样规定"
    ),
    "facts of a case of yours were erased before it was decided": "您的一个案件尚未决定，其事实就被删除",
    "facts of a case were erased that is none of yours, or had none": "被删除的案件事实不属于您的案件，或本来没有",
    "something of yours was erased that had been erased before": "您的同一内容被删除了两次",
    "a sanction on you is for a case that is not void, or not yours": ("将您列入黑名单所指的案件没有作废，或不是您的"),
    # --- covenants ------------------------------------------------------------------------------
    "an amendment changes what stays for a plan's life ({clause:code})": (
        "修订改动了计划存续期间不得改变的条款（{clause}）"
    ),
    "the covenant is amended after the plan's end was announced": "公告计划关停之后又修订了互助公约",
    "the plan's covenant is none: {why:rest}": "该计划的互助公约不成立（{why}）",
    "the plan's covenant was replaced": "该计划的互助公约被整个替换",
    "the plan's end is announced twice, or comes twice": "计划的关停被公告或执行了两次",
    "the covenant in force is not the one that the plan adopted": "现行互助公约不是该计划采用的那一份",
    "the plan does not begin with a covenant": "该计划不是从互助公约开始的",
    "the plan has two covenants of version {number:n}": "该计划有两份第 {number} 版互助公约",
    "version {number:n} of the covenant takes effect before its notice is over (amendments.notice_days)": (
        "第 {number} 版互助公约在公告期结束之前就已生效（amendments.notice_days）"
    ),
    "version {number:n} of the covenant names no proposal that members voted on (amendments.vote)": (
        "第 {number} 版互助公约没有指明会员投票的提案（amendments.vote）"
    ),
    # --- keys and order -------------------------------------------------------------------------
    "an objection names no replacement of your key that is under way": "异议没有指明正在进行的密钥更换",
    "your key is replaced by one that was used before": "您的密钥被换成以前用过的密钥",
    "your key is replaced while a replacement is under way": "您的密钥更换尚未完成又被更换",
    "the plan's log holds a sheet of another plan": "该计划的日志中有另一计划的表",
    "a log holds an entry of another plan": "日志中有另一计划的条目",
    "sheet {number:n} of {what:rest} does not fit the plan's counters": "{what} 的第 {number} 张表与计划的计数不符",
    "something is dated after the last block": "有内容的时间晚于最后一个区块",
    "entry {number:n} of a log was recorded before the one in front of it": "日志的第 {number} 条早于它前面的一条",
    "the times of two blocks contradict their heights": "两个区块的时间与其高度矛盾",
    "the last block is not this chain's block at that height": "最后一个区块不是本链该高度的区块",
    "the last block's plans are not in order, each once, the chain's own first": (
        "最后一个区块中的计划没有按顺序各列一次"
    ),
    # --- what is missing ------------------------------------------------------------------------
    "{at:place} is missing from the record": "记录中缺少{at}",
    "{at:place} was after you joined, and your row in it is missing": "{at}在您加入之后，却没有您的一行",
    "the plan has had {expected:n} rounds; the record does not account for all of them": (
        "该计划已有 {expected} 期；记录没有把它们全部列出"
    ),
    "the plan has had {expected:n} refunds; the record shows none of them": (
        "该计划已有 {expected} 次退款；记录一次也没有列出"
    ),
    "your row in {at:place} is missing, or is shown though there is none": "{at}中您的一行缺失，或本不该有",
    "event {expected:n} of yours is missing: event {found:n} stands in its place": (
        "您的第 {expected} 项变动缺失：该处是第 {found} 项"
    ),
    "{at:place} counts {expected:n} events of yours; the record shows {found:n}": (
        "{at}记有您的 {expected} 项变动，而记录列出 {found} 项"
    ),
    "you were exempt from a round, and no case of yours in it is shown": "您在一期中免摊，而记录没有列出您在其中的案件",
    "a round shares a case of yours, whose approval is missing": "一期分摊了您的案件，而记录缺少其批准",
    "the entry that your notice, event {number:n}, names is missing from the record": (
        "您的第 {number} 项变动是一则通知，它所指的条目不在记录中"
    ),
    "version {number:n} of the covenant is missing from the record": "记录中缺少第 {number} 版互助公约",
    "the covenant that the plan began with is missing from the record": "记录中缺少该计划最初的互助公约",
    "the announcement of the plan's end is missing from the record": "记录中缺少计划关停的公告",
    "a refund is for no case of its round, and no end of the plan is shown": (
        "一次退款不属于该期的任何案件，而记录没有列出计划的关停"
    ),
    # --- books seen before ----------------------------------------------------------------------
    "this book has {found:n} blocks, the one you saw before had {expected:n}": (
        "这本账有 {found} 个区块，而您以前看到的有 {expected} 个"
    ),
    "the book you saw before, of {number:n} blocks, is not what this book begins with": (
        "您以前看到的账有 {number} 个区块，而这本账的开头与它不同"
    ),
    "the published ledger has other blocks below {number:n} than this book or the one you saw before": (
        "在前 {number} 个区块中，公开的账本与这本账或您以前看到的账不同"
    ),
    "the {what:word}, of {found:n} blocks, does not reach the book of {expected:n} blocks that you saw": (
        "这份{what}的账有 {found} 个区块，没有证明它延续您以前看到的、有 {expected} 个区块的账"
    ),
    "the published ledger shows {found:n} blocks, fewer than the larger of the two books": (
        "公开的账本有 {found} 个区块，少于两本账中较长的一本"
    ),
    "the key in this record is not yours": "这份记录中的密钥不是您的",
}
"""English forms and their Chinese sentences. More special forms come before more general ones."""

WORDS: Final[dict[str, str]] = {
    "round": "第 {} 期", "refund": "第 {} 次退款", "event": "第 {} 项变动", "block": "第 {} 号区块",
    "paid": "已扣", "partial": "部分", "capped": "封顶", "exempt": "免摊", "lapsed": "失效", "exited": "已退出",
    "waiting": "等待期", "aid": "互助金", "fee": "管理费", "share": "每人分摊", "surplus in": "上期结余",
    "deficit in": "上期缺口", "withdrawal": "取款", "exit": "退出", "ballot": "投票", "requested": "已申请",
    "disclosed": "已公示", "approved": "已批准", "refused": "已拒绝", "voided": "已作废", "shared": "已分摊",
    "withdrawn": "已撤回", "none": "无", "group": "类别", "cause": "原因", "record": "记录", "disclosure": "公示",
}  # fmt: skip
"""Words that stand in messages."""

_ROWS: Final = "the claimant's rows: "
Money = tuple[int, str]


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], dict[str, str], str], ...]:
    found = []
    for form in FORMS:
        kinds: dict[str, str] = dict(_FIELD.findall(form))
        parts = _FIELD.split(form)
        pattern = "".join(
            re.escape(part) if at % 3 == 0 else f"(?P<{part}>{_VALUES[parts[at + 1]]})"
            for at, part in enumerate(parts)
            if at % 3 != 2
        )
        found.append((re.compile(pattern + r"(?P<clause_>(?: \([a-z_.]+\))?)"), kinds, form))
    return tuple(found)


def said(message: str, words: Words, money: Money) -> str | None:
    """A message of the verifier for its member, or None for one of unknown form."""
    for pattern, kinds, form in _patterns():
        match = pattern.fullmatch(message)
        if match is not None:
            sentence = FORMS[form] if words.language == "zh" else _FIELD.sub(r"{\1}", form)
            shown = {name: _SHOW[kind](match[name], words, money) for name, kind in kinds.items()}
            clause = match["clause_"]
            if words.language == "zh":
                clause = clause.replace(" (", "（").replace(")", "）")
            return sentence.format(**shown) + clause
    return None


def where(place: str, words: Words) -> str:
    """A place such as ``round 3`` in her language."""
    if words.language != "zh":
        return place
    theirs = place.startswith(_ROWS)
    told = "，".join(_entry(part, words) for part in place.removeprefix(_ROWS).split(", "))
    return f"申请人的各期：{told}" if theirs else told


def _entry(text: str, words: Words) -> str:
    """An entry by its kind, and where it stands: ``approval in block 20``."""
    kind, _, block = text.partition(" in ")
    if kind not in ENTRIES:
        return _place(text, words, (0, ""))
    return ENTRIES[kind] if not block else f"{_place(block, words, (0, ''))}中的{ENTRIES[kind]}"


def _place(text: str, words: Words, _: Money) -> str:
    kind, _space, number = text.rpartition(" ")
    if words.language != "zh" or kind not in WORDS or not number.isdigit():
        return text
    return WORDS[kind].format(number)


def _word(text: str, words: Words, _: Money) -> str:
    return WORDS.get(text, text) if words.language == "zh" else text


_SHOW: Final[dict[str, Callable[[str, Words, Money], str]]] = {
    "money": lambda text, words, money: amount(int(text), *money, words),
    "n": lambda text, words, money: f"{int(text):,}",
    "word": _word,
    "place": _place,
    "code": lambda text, words, money: text,
    "kind": lambda text, words, money: ENTRIES.get(text, text) if words.language == "zh" else text.replace("_", " "),
    "rest": lambda text, words, money: said(text, words, money) or _word(text, words, money),
}
