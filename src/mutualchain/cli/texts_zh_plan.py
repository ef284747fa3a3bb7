"""Covenants in Simplified Chinese, for ``texts_zh``; what each clause means stands in ``covenant.chinese``."""

from __future__ import annotations

__all__ = ["TEXTS"]

TEXTS: dict[str, str] = {
    "The covenant holds together.": "公约各条款有效且互不矛盾。",
    "Its sources left these open: {clauses}.": "来源未明确的条款：{clauses}。",
    "These are unconfirmed: {clauses}.": "未经证实的条款：{clauses}。",
    "Parameters left open by its sources: {open}; unconfirmed: {unconfirmed}.": (
        "来源未明确的参数：{open} 个；未经证实：{unconfirmed} 个。"
    ),
    "cases": "案件",
    "aid": "互助金",
    "carried in": "上期结转",
    "surplus {surplus}, deficit {deficit}": "结余 {surplus}，缺口 {deficit}",
    "shared by": "分摊人数",
    "share": "每人分摊",
    "collected": "应收合计",
    "surplus left": "结余",
    "deficit left": "缺口",
    "They are the same covenant.": "两份公约完全相同。",
    "{count} clause differs.": "有 {count} 个条款不同。",
    "{count} clauses differ.": "有 {count} 个条款不同。",
    "title": "名称",
    "deposit on joining": "加入时预存",
    "aid for one case": "每个案件的互助金",
    "fee": "管理费",
    "cap in one round": "每期封顶",
    "cap for one case": "每个案件封顶",
    "smallest plan": "最少人数",
    "hash": "哈希值",
    "at least {amount}": "至少 {amount}",
    "at most {amount}": "至多 {amount}",
    "{percent} of the aid": "互助金的 {percent}",
    "{percent} of aid and fee together": "互助金与管理费之和的 {percent}",
    "{count} members": "{count} 人",
    "none": "无",
    # --- 修订与关停 -----------------------------------------------------------------------------
    "Version {number} of the covenant stands in block {height}; it is in force from {day} on.": (
        "公约第 {number} 版记录在第 {height} 号区块，自 {day}起生效。"
    ),
    "The proposal stands in block {height}. Votes count until {when}.": (
        "提案记录在第 {height} 号区块。投票截止于 {when}。"
    ),
    "proposal": "提案",
    "Changed: {clauses}": "修订的条款：{clauses}",
    "The plan {plan} has ended, in block {height}.": "计划 {plan} 已结束，记录在第 {height} 号区块。",
    "The end of {plan} is announced in block {height}. Aid can be requested until {when}.": (
        "计划 {plan} 的关停公告记录在第 {height} 号区块。互助申请截止于 {when}。"
    ),
    "There is, or has to come": "现有及应补足",
    "It is owed": "应付",
    "together": "合计",
    "Both sides are equal.": "两边相等。",
    "The two sides differ by {amount}: the books are not in order.": "两边相差 {amount}：账目不符。",
    "Outstanding, before the plan can end": "计划结束前尚未了结",
    "members still in": "在册会员数",
    "balances, held for the members": "会员余额（代会员保管）",
    "aid of shared cases, not paid yet": "已分摊、尚未发放的互助金",
    "surplus, held for the members": "结余（代会员保管）",
    "what must be held for the plan": "计划应有资金",
    "what the operator has to put in": "运营方应补足",
    "what members owe": "会员欠缴",
    "requests not decided yet": "未决的互助申请",
    "approved cases that no round has shared": "已通过、尚未分摊的案件",
    "shares of voided cases to be given back": "应退还的虚假案件分摊",
    "shares of all rounds to be given back": "应退还的历期分摊",
    "of the unpaid aid: advanced, owed to funders": "其中垫付、应归还垫付方",
    "collections that failed and are owed still": "扣款失败、仍欠缴",
    "put in so far beside the members' money": "会员款项以外已投入",
    # --- 自行运转 -------------------------------------------------------------------------------
    "case {case} waits for those who vouch: {detail}": "案件 {case} 等待核实：{detail}",
    "case {case} waits for its disclosure": "案件 {case} 等待公示",
    "the votes on {case} counted": "{case} 的投票已计票",
    "case {case} approved with {amount}": "案件 {case} 通过，互助金 {amount}",
    "case {case} refused by its jury": "案件 {case} 经赔审团审议未通过",
    "the covenant amended as members voted, by {case}": "公约按会员投票 {case} 修订",
    "round {number} announced": "第 {number} 期已公告",
    "round {number} deducted": "第 {number} 期已扣款",
    "the shares of voided case {case} given back": "虚假案件 {case} 的分摊已退还",
    "what the member of case {case} has shared given back: her membership ends": (
        "案件 {case} 的会员已分摊金额已退还，会员资格终止"
    ),
    "{amount} advanced for case {case} to be repaid": "应归还案件 {case} 的垫付款 {amount}",
    "{amount} of aid to be paid for case {case}": "应发放案件 {case} 的互助金 {amount}",
    "the shares of round {number} given back, because the plan ends": "因计划关停，第 {number} 期的分摊已退还",
    "{amount} outstanding before the plan can end: {detail}": "计划结束前未了结的金额为 {amount}：{detail}",
    "the closing statement recorded: the plan has ended": "清算公示已记录，计划结束",
    "These wait for somebody:": "等待处理：",
    # --- 模拟 -----------------------------------------------------------------------------------
    "members who share": "分摊人数",
    "share of a round": "每期分摊",
    "surplus, or deficit below zero": "结余（低于零为缺口）",
    "lapsed at the snapshot": "零时快照时失效人数",
    "year": "年份",
    "members": "会员数",
    "Shares of this plan are collected from accounts: nobody has to pay in.": "本计划从账户扣款，无需任何人充值。",
    "The covenant reminds nobody (arrears.remind_below is 0); --below names another sum.": (
        "公约不提醒任何人（arrears.remind_below 为 0）；可用 --below 指定金额。"
    ),
    "{count} member has less than {amount}.": "{count} 位会员的余额低于 {amount}。",
    "{count} members have less than {amount}.": "{count} 位会员的余额低于 {amount}。",
    "The list is in {file}.": "名单已写入 {file}。",
    "balance": "余额",
    "missing": "尚缺",
    "More from slot {slot} on: --first {slot}, or name a file.": (
        "其余从会员号 {slot} 起：用 --first {slot}，或指定一个文件。"
    ),
    "share in the year": "全年分摊",
    "largest": "单期最高",
    "lapsed": "失效",
    "no round": "未开期",
    "Where no round could open, the covenant forbade it: {clauses}.": "未能开期的原因，是公约不允许：{clauses}。",
    "Cases that the covenant gives nothing: {counted}.": "公约不予互助的案件：{counted}。",
    "Drawn in {file}.": "图已画入 {file}。",
    "This is a simulation under assumptions, and no promise.": "这是在假设之下的模拟，不是承诺。",
    "Nothing is due.": "目前没有到期事项。",
    "Next: {when}": "下一项到期时间：{when}",
}
