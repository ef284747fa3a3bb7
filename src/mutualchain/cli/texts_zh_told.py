"""What a member is told of decisions about her, in Simplified Chinese: the English sentence is the key."""

from __future__ import annotations

from .claimed import CLAIM_CHECKS, CLAIM_LIMITS
from .told import CASES, KEYS, OTHERS

__all__ = ["TEXTS"]

TEXTS: dict[str, str] = {
    CLAIM_CHECKS["claim"]: "出示的声明正是您加入时所作的声明。",
    CLAIM_CHECKS["key_member"]: "加入时声明密钥由您本人保管，此后密钥没有更换。",
    CLAIM_LIMITS["key_platform"]: (
        "加入时声明您的密钥由平台保管：以您名义的签名只说明平台签了字。提取余额、退出、申请和投票的记录不能证明是您本人的意愿。"
    ),
    CLAIM_LIMITS["key_guardian"]: (
        "加入时声明您的密钥由监护人保管：以您名义的签名说明是监护人签的字。您成年后，密钥可以移交给您。"
    ),
    CLAIM_LIMITS["key_replaced"]: "此后您的会员号已更换密钥：新密钥由谁保管，没有声明。",
    KEYS["replaced"]: (
        "{day}有人以密钥遗失为由为您的会员号申请了另一把密钥，该密钥现已生效。若不是您本人申请，请告知平台和审计人。"
    ),
    KEYS["asked"]: (
        "{day}有人以密钥遗失为由为您的会员号申请了另一把密钥。若不是您本人申请，请在其生效之前提出异议："
        "`mutualchain member-key object --help`。"
    ),
    KEYS["objected"]: "{day}有人为您的会员号申请了另一把密钥，您已提出异议：您的密钥仍然有效。",
    KEYS["handover"]: "{day}您的会员号已移交给另一把密钥，由原密钥签字。",
    CASES["requested"]: "{day}以您的名义提出了一个互助案件，申请 {asked}：等待核实。",
    CASES["disclosed"]: "{day}以您的名义提出了一个互助案件，申请 {asked}：正在公示，尚未决定。",
    CASES["approved"]: "{day}以您的名义提出了一个互助案件，申请 {asked}：批准 {aid}，已付 {paid}。",
    CASES["refused"]: "{day}以您的名义提出了一个互助案件，申请 {asked}：依互助公约 {clause} 未获批准。",
    CASES["withdrawn"]: "{day}以您的名义提出了一个互助案件，申请 {asked}：您已撤回。",
    CASES["void"]: "{day}以您的名义提出了一个互助案件，申请 {asked}：查明不实，已作废；此前已付 {paid}。",
    OTHERS["sanction"]: "{day}您被限制申请互助，原因：{reason}。",
    OTHERS["lift"]: "{day}对您申请互助的一项限制已解除。",
    OTHERS["erasure"]: "{day}平台掌握的您的个人信息或某一案件的信息已删除：{reason}。",
    OTHERS["restitution"]: "{day}您分摊过的金额已全部退回，您的会员资格终止。",
    OTHERS["covenant"]: "{day}互助公约作了修改，自 {since}起生效：{clauses}。",
}
