"""What a disclosure's book breaks, said in the reader's language: more forms of :mod:`.rules`, for cases."""

from __future__ import annotations

from typing import Final

__all__ = ["CASE_FORMS", "ENTRIES"]

CASE_FORMS: Final[dict[str, str]] = {
    "an entry is missing from the file, or the book breaks a rule: {why:rest}": (
        "文件缺少一条条目，或者账本违反规则：{why}"
    ),
    # --- the claimant's rows --------------------------------------------------------------------
    "{found:money} was charged where the share is {expected:money}": "扣了 {found}，而每人应分摊 {expected}",
    "the claimant shares the own case": "申请人分摊了自己的案件",
    "the claimant is exempt where recipients share too": "申请人被免摊，而受助人本应分摊",
    "the claimant still waited, and the row says otherwise": "申请人仍在等待期，而该行不是这样写的",
    "the claimant no longer waited, and the row says otherwise": "申请人的等待期已过，而该行不是这样写的",
    # --- the request ----------------------------------------------------------------------------
    "the entry that began the case is missing from the file": "文件缺少开始本案的条目",
    "the claimant asked for aid before she had joined": "申请人在加入之前就申请了互助",
    "the claimant joined {days:n} days after the diagnosis": "申请人在确诊 {days} 天之后才加入",
    "the request names a covenant that the plan never adopted": "申请所指的互助公约从未被该计划采用",
    "the case falls under version {right:n} of the covenant, not {found:n}": (
        "本案适用第 {right} 版互助公约，而不是第 {found} 版"
    ),
    "{cause:rest} is no cause that is covered": "{cause} 不是保障的原因",
    "diagnosed {after:n} days after joining, and covered after {days:n}": (
        "加入后第 {after} 天确诊，而 {days} 天之后才有保障"
    ),
    "{found:n} days after the diagnosis, where {most:n} are allowed": "确诊后 {found} 天才申请，而最多可隔 {most} 天",
    "the diagnosis lies ahead of the request": "确诊日期晚于申请",
    "{found:money} is asked for where {most:money} is the most": "申请 {found}，而最多为 {most}",
    "no aid for group {group:rest} at age {age:rest}": "对类别 {group}、年龄 {age} 没有互助金",
    "{found:n} days old on joining, where {least:n} is the least": "加入时出生 {found} 天，而至少须 {least} 天",
    "{found:n} years old on joining, where {most:n} is the most": "加入时 {found} 岁，而最大为 {most} 岁",
    "at least {found:n} years old on joining, where {most:n} is the most": "加入时至少 {found} 岁，而最大为 {most} 岁",
    "{stated:n} years are stated where the days make {expected:n}": "写明 {stated} 岁，而按日期应为 {expected} 岁",
    "diagnosed on or after the birthday number {number:n}": "在第 {number} 个生日或之后确诊",
    "a sanction is in force for this member": "该会员在黑名单中",
    "the member is not covered": "该会员没有保障",
    "the member is in arrears": "该会员欠缴",
    # --- what was opened ------------------------------------------------------------------------
    "the disclosure says {found:n} years where the facts say {expected:n}": "公示为 {found} 岁，而事实为 {expected} 岁",
    "the disclosure says {found:rest} where the request said {expected:rest} ({what:word})": (
        "公示的{what}为 {found}，而申请时为 {expected}"
    ),
    # --- who vouched ----------------------------------------------------------------------------
    "the statement is not signed by the key it needs": "该声明没有所需密钥的签名",
    "no institution of this name is registered, or it was revoked": "没有登记这个名称的机构，或它已被撤销",
    "{name:code} is not registered as {role:rest}": "{name} 没有登记为 {role}",
    "the institution has spoken about this case already": "该机构已就本案发表过意见",
    "the same report stands in another case": "同一份报告已用于另一案件",
    "the same report stands in another member's case": "同一份报告已用于另一会员的案件",
    "not enough institutions have vouched for the case": "核实本案的机构不够",
    # --- disclosure, objections, votes, decision --------------------------------------------------
    "the case is {found:word}, and would have to be {expected:rest}": "案件处于“{found}”，而此步须在：{expected}",
    "{found:money} is more than the {most:money} that was requested": "{found} 多于申请的 {most}",
    "{found:money} is more than the covenant's {most:money}": "{found} 多于互助公约的 {most}",
    "the objection window is open": "异议期尚未结束",
    "the objection window has closed": "异议期已结束",
    "the same party has objected already": "同一方已提出过异议",
    "ballots are on nothing: {why:rest}": "投票没有对象（{why}）",
    "votes were cast on a case that was not requested yet": "对尚未申请的案件进行了投票",
    "votes were cast when none was open": "在没有投票的时候投了票",
    "nobody objected, and the covenant asks for no jury": "无人提出异议，互助公约也不要求赔审",
    "the votes were counted already": "选票已经计过",
    "the voting is still open": "投票尚未结束",
    "{found:n} of {ballots:n} are stated where {support:n} of {cast:n} were cast": (
        "写明 {ballots} 票中 {found} 票支持，而实际 {cast} 票中 {support} 票支持"
    ),
    "the jury has not decided": "赔审团尚未决定",
    "the jury has not decided against the case": "赔审团没有否决本案",
    "the jury decided against the case": "赔审团否决了本案",
    "{expected:money} was disclosed, not {found:money}": "公示的是 {expected}，而不是 {found}",
    "the covenant has no such clause": "互助公约没有这一条款",
    "the case does not break this clause": "本案没有违反这一条款",
    "all institutions that are asked for have vouched": "要求核实的机构都已核实",
    # --- rounds and money -----------------------------------------------------------------------
    "a round shares the case, which was not approved": "一期分摊了本案，而本案没有批准",
    "two rounds share the case": "两期分摊了本案",
    "the round shares {found:money} for the case, of which {expected:money} was approved": (
        "该期为本案分摊 {found}，而批准的是 {expected}"
    ),
    "a round shares the case already": "已有一期分摊本案",
    "aid was advanced for the case": "本案已先行赔付",
    "aid of this plan is advanced by {by:rest}": "本计划的先行赔付方为：{by}",
    "the case's round is settled: it is paid, not advanced": "本案的一期已结算：应发放，而不是先行赔付",
    "{found:money} of at most {most:money} was advanced already": "最多可先行赔付 {most}，已付 {found}",
    "the case was voided": "案件已作废",
    "the case is not approved, or was not shared yet": "案件没有批准，或尚未分摊",
    "{found:money} of {most:money} is left to pay": "共 {most}，只剩 {found} 可发放",
    "{found:money} of {most:money} advanced is left to repay": "先行赔付 {most}，只剩 {found} 可归还",
    "{expected:money} was paid, and {found:money} would come back": "共分摊 {expected}，而退还 {found}",
    # --- sanctions, keys ------------------------------------------------------------------------
    "the case was not voided, or is another member's": "案件没有作废，或属于另一会员",
    "the sanction would be over before it begins": "黑名单在开始之前就已结束",
    "there is no such sanction, or it was lifted": "没有这项黑名单，或已解除",
    "this is no refusal, void or sanction of the member's": "这不是对该会员的拒绝、作废或黑名单",
    "the member has appealed against it already": "该会员已就此申诉过",
    "the new key is the one that she joined with": "新密钥就是她加入时的密钥",
}
"""English forms and their Chinese sentences, as :data:`.rules.FORMS`."""

ENTRIES: Final[dict[str, str]] = {
    "request": "申请",
    "attestation": "核实证明",
    "disclosure": "公示",
    "objection": "异议",
    "adjudication": "审议",
    "case": "案件",
    "approval": "批准",
    "refusal": "拒绝",
    "restitution": "退还",
    "case_withdrawn": "撤回申请",
    "advance": "先行赔付",
    "payout": "互助金发放",
    "void": "作废",
    "appeal": "申诉",
    "sanction": "黑名单",
    "lift": "解除黑名单",
    "handover": "密钥移交",
    "rekey": "密钥更换",
    "rekey_objection": "密钥更换异议",
    "erasure": "个人信息删除",
    "institution": "机构登记",
    "institution_revoked": "机构撤销",
    "institution_key": "机构密钥更换",
    "ballots": "选票",
    "votes": "选票",
}
"""What the kinds of entries are called, where a message says in which block one stands."""
