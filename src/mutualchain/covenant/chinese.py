"""What each section and parameter of a covenant means, in Simplified Chinese, by clause.

The English sentences stand beside the parameters, in :mod:`.sections` and :mod:`.document`; a test holds this table
complete. Members read their covenant in it.
"""

from __future__ import annotations

__all__ = ["CHINESE"]

CHINESE: dict[str, str] = {
    "title": "互助计划的名称。",
    "currency": "货币代码（ISO 4217）。",
    "decimals": "货币的小数位数：1 元为 100 分，即 2。",
    # --- 加入与退出 -----------------------------------------------------------------------------
    "membership": "谁可以加入，预存多少，如何退出。",
    "membership.prepay": "加入时最少预存的金额。",
    "membership.age_least_days": "可加入的最小年龄，以天计。",
    "membership.age_most_years": "可加入的最大年龄，以周岁计；0 为不限。",
    "membership.age_out_years": "到这一周岁生日会员资格终止；0 为永不终止。",
    "membership.rejoin": "退出后能否以新的会员号重新加入。",
    "membership.exit_notice_days": "退出多少天后生效；生效前已作零时快照的各期仍须分摊。",
    "membership.smallest": "最少分摊人数；不足则不开期。",
    # --- 互助金 ---------------------------------------------------------------------------------
    "aid": "一个案件可得多少互助金。",
    "aid.maxima": "互助金上限，按病种组别和年龄；以首个符合的一行为准。",
    "aid.waiting": "等待期；有多行符合时取最长的。",
    "aid.tiers": "按加入时间分档：以已达到的最后一档为准；没有分档即为上限的全部。",
    "aid.causes": "保障的原因。",
    "aid.catalogue": "病种目录文件的 SHA-256；没有目录则为空。",
    "aid.request_within_days": "确诊后多少天内可以申请；0 为不限。",
    "aid.request_most": "一次最多可申请的金额；0 为互助金上限。",
    "aid.request_override": "能否在记录理由后申请超过 request_most 的金额。",
    "aid.ill_in_waiting": "等待期内患病：不予互助，或退还已分摊金额并终止会员资格。",
    "aid.in_grace": "欠缴但在宽限期内的会员能否申请（从互助金中扣除欠缴）。",
    # --- 分摊 -----------------------------------------------------------------------------------
    "sharing": "谁分摊，分摊金额如何计算。",
    "sharing.funding": "从预存余额扣，先分摊后缴，或在扣款日从会员账户代扣。",
    "sharing.credit_limit": "先分摊后缴：欠款超过此数者不再分摊；0 为不限。",
    "sharing.waiting_days": "加入后多少天内暂不分摊。",
    "sharing.recipient_shares": "受助会员是否也分摊。",
    "sharing.divisor": "除数：本期分摊人数，或上一期分摊人数。",
    "sharing.rounding": "每期一次向上取整，或每个案件各自向上取整。",
    "sharing.cap_case": "每位会员对一个案件最多分摊的金额；0 为不限。",
    "sharing.cap_round": "每位会员在一期中最多分摊的金额；0 为不限。",
    "sharing.cap_year": "每位会员在一个日历年度内最多分摊的金额；0 为不限。",
    "sharing.above_cap": "分摊金额超过 cap_case 或 cap_round 时：不开期；按上限收取、余下的转入下期；或由运营方补足。",
    "sharing.short_balance": "预存制，余额不足分摊金额时：有多少扣多少；或照扣全额，余下的算欠缴。",
    "sharing.shortfall": "没有收到的部分：由下一期分摊，或由运营方补足。",
    # --- 管理费 ---------------------------------------------------------------------------------
    "fee": "运营方的管理费。",
    "fee.bp": "基数的万分之几。",
    "fee.base": "基数：互助金，或互助金与管理费之和。",
    "fee.rounding": "取整到最小货币单位的方向。",
    "fee.per": "每期计算一次，或每个案件各计算一次。",
    # --- 日历 -----------------------------------------------------------------------------------
    "calendar": "何时进行。一天以本公约自己的 00:00（按 rule）开始。",
    "calendar.kind": "有案件就开期，或每月固定日期开期。",
    "calendar.zone": "时区名称。",
    "calendar.rule": "时区规则（POSIX TZ 字符串）：所有时刻据此计算。",
    "calendar.tzdata": "该规则取自哪一版 tzdata。",
    "calendar.disclosure_days": "每月公示日；当日 00:00 作零时快照；31 为月末。",
    "calendar.deduction_days": "每月扣款日，与公示日一样多；各为之前的公示扣款。",
    "calendar.notice_days": "有案件就开期时：公告至扣款的天数。",
    # --- 欠缴 -----------------------------------------------------------------------------------
    "arrears": "不缴者如何处理。",
    "arrears.grace_days": "扣款未成后，保障失效前的天数（宽限期）。",
    "arrears.lapse": "失效的会员补缴后恢复保障，或会员资格终止。",
    "arrears.remind_below": "余额低于此数时提醒充值；0 为不提醒。",
    # --- 案件 -----------------------------------------------------------------------------------
    "cases": "从申请到发放。",
    "cases.request": "由谁申请：会员用自己的密钥，或运营方。",
    "cases.attestations": "公示前须由哪些机构核实。",
    "cases.objection_days": "公示后任何人可提出异议的天数。",
    "cases.jury": "何时由赔审团审议。",
    "cases.jury_days": "异议期结束后的投票天数。",
    "cases.jury_quorum": "票数少于此数时，维持首次意见。",
    "cases.jury_majority_bp": "支持率高于此数（万分之几）时案件成立。",
    "cases.payout_days": "扣款后多少天内发放互助金；0 为未规定。",
    # --- 先行赔付、退款、修订、密钥、关停 -------------------------------------------------------
    "advances": "在本期结清之前先行发放的互助金（先行赔付）。",
    "advances.by": "谁可以垫付；由本期归还。",
    "advances.most_bp": "最多垫付公示互助金的万分之几。",
    "refunds": "已分摊的案件被证实虚假后如何处理。",
    "refunds.void": "向每位分摊者退还准确的分摊金额，或转入下一期结余。",
    "amendments": "公约如何修订。",
    "amendments.notice_days": "修订记录后至生效的天数。",
    "amendments.transition": "案件适用何时有效的公约：申请时、确诊时或加入时。",
    "amendments.vote": "修订是否由会员投票。",
    "amendments.vote_days": "修订记录后的投票天数。",
    "amendments.quorum": "票数少于此数时修订不通过。",
    "amendments.majority_bp": "支持率高于此数（万分之几）时修订通过。",
    "keys": "会员的密钥如何更换。",
    "keys.rekey_days": "遗失的密钥被替换前，原密钥可提出异议的天数。",
    "closing": "关停。",
    "closing.request_days": "公告关停后仍可申请互助的天数。",
    "closing.refund": "会员取回余额，或取回曾经分摊的全部金额。",
    "closing.borne_rounds": "最后多少期由运营方承担。",
}
"""Sentences by clause; a section's own by its name."""
