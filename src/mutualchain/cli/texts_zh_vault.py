"""The vault of members' personal data, in Simplified Chinese: the English sentence is the key."""

from __future__ import annotations

__all__ = ["TEXTS"]

TEXTS: dict[str, str] = {
    "vault": "资料库",
    "{vault} is never in a copy of the ledger. Keep one copy of its keys, none that is old: docs/data-protection.md.": (
        "账本的副本中不含 {vault}。其中的密钥请保留一份同步副本，不要保留旧副本（见 docs/data-protection.md）。"
    ),
    "The vault is in {folder}, its master key in {file}.": "资料库在 {folder}，主密钥在 {file}。",
    "Copies of the ledger hold no keys of it: mirror {keys}.": (
        "账本的副本中不含资料库的密钥：请为 {keys} 保留一份同步副本。"
    ),
    "Keep no old copies of those keys: what was erased could be opened with them.": (
        "不要保留这些密钥的旧副本：用旧副本可以打开已删除的内容。"
    ),
    "Slot {slot}: facts of case {case} erased on {when}, {reason}.": (
        "会员号 {slot}：案件 {case} 的事实已于 {when} 删除（{reason}）。"
    ),
    "Slot {slot}: everything erased on {when}, {reason}.": "会员号 {slot}：全部内容已于 {when} 删除（{reason}）。",
    "facts of case {case}": "案件 {case} 的事实",
    "Nothing was erased.": "没有删除过任何内容。",
    "Nothing is kept of this member.": "没有保存该会员的任何内容。",
    "at her wish": "应本人要求",
    "by law or order": "依法或依命令",
    "no longer needed for what it was given for": "收集目的已实现，不再需要",
    "kept by mistake": "误存",
    "The personal data of slot {slot} of {plan} is destroyed.": "{plan} 会员号 {slot} 的个人信息已销毁。",
    "The facts of case {case} are destroyed.": "案件 {case} 的事实已销毁。",
    "That it was, and why, is recorded in block {height}.": "删除一事及其原因已记录在第 {height} 号区块。",
    "The copy is in {file}; it holds no key.": "副本在 {file}，其中不含任何密钥。",
    "The field {name} of slot {slot} is in {file}.": "会员号 {slot} 的 {name} 一项已写入 {file}。",
    "It shows this field alone. Give it to the auditor on a way that nobody else reads.": (
        "它只显示这一项。请通过他人读不到的方式交给审计人。"
    ),
    "The auditor:": "审计人：",
    "This is what was stated when aid was requested.": "这就是申请互助金时所陈述的内容。",
    "This is what she said when she joined.": "这就是她加入时所声明的内容。",
    "(nothing)": "（空）",
    "On {day} the operator recorded that it destroyed what it kept of you.": (
        "运营方于 {day}记录：已销毁所保存的您的个人信息。"
    ),
    "On {day} the operator recorded that it destroyed the facts of a case of yours.": (
        "运营方于 {day}记录：已销毁您的一个案件的事实。"
    ),
    "fact": "事实",
    "That it is true, no ledger can say: it shows that it was not changed since.": (
        "内容是否属实，任何账本都无法说明：这里只说明此后没有被改动。"
    ),
    "Once the request is recorded, destroy this file and the one it was made of: the vault keeps what they say.": (
        "申请记录之后，请销毁该文件及其原始文件：其中的内容由资料库保管。"
    ),
}
