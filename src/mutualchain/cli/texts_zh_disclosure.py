"""Disclosures in Simplified Chinese, for ``texts_zh``."""

from __future__ import annotations

__all__ = ["TEXTS"]

TEXTS: dict[str, str] = {
    # --- writing --------------------------------------------------------------------------------
    "The masked fields are in {file}.": "已隐去个人信息的公示内容保存在 {file}。",
    "The vault keeps the masked fields; `disclosure` takes them from there.": (
        "资料库已保存隐去个人信息的公示内容；`disclosure` 从那里取用。"
    ),
    "What `case disclose` takes as --fields-root:": "供 `case disclose` 的 --fields-root 使用：",
    "The disclosure is in {file}: {size} bytes.": "公示文件已保存在 {file}，共 {size} 字节。",
    "Anybody can check it:": "任何人都可以核验：",
    "Anybody can check one:": "任何人都可以核验其中一份：",
    "disclosures": "公示文件",
    "{count} disclosure is in {folder}: {size} bytes.": "{count} 个公示文件已保存在 {folder}，共 {size} 字节。",
    "{count} disclosures are in {folder}: {size} bytes.": "{count} 个公示文件已保存在 {folder}，共 {size} 字节。",
    "Cases of which no fact could be opened: {count}.": "未能公开任何事实的案件：{count} 个。",
    "The index of them is {file}.": "目录在 {file}。",
    "a disclosure's chain breaks a rule": "公示所在的链违反规则",
    # --- who ------------------------------------------------------------------------------------
    "A case of {title}": "“{title}”的一个互助案件",
    "case": "案件",
    "who": "姓名",
    "age at the diagnosis": "确诊时年龄",
    "city": "城市",
    "cause": "原因",
    "group": "类别",
    "disease": "疾病",
    "diagnosed on": "确诊日期",
    "hospital": "医院",
    "illness": "疾病",
    "accident": "意外",
    "critical": "重大疾病",
    "mild": "轻症",
    "charity": "慈善机构",
    "investigator": "调查机构",
    "jury_office": "赔审团办公室",
    "volunteers": "志愿者",
    "{age}, by the facts that were vouched for": "{age}，由已核实的事实算出",
    # --- facts ----------------------------------------------------------------------------------
    "The claimant": "申请人",
    "The request": "申请",
    "The decision": "决定",
    "What everybody shared": "大家的分摊",
    "What was paid": "发放",
    ", ": "、",
    "Rounds in which the share was not paid as everybody owed it: {list}.": "未按全体应分摊金额扣款的期数：{list}。",
    "The waiting period is {days} days.": "等待期为 {days} 天。",
    "No sanction was ever recorded on the claimant.": "申请人从未被列入黑名单。",
    "The covenant asks these to vouch: {list}.": "互助公约要求核实的有：{list}。",
    "{role} ({count})": "{role}（{count} 家）",
    "The claimant joined on {day} in block {height}, {days} days before asking for aid.": (
        "申请人于 {day}在第 {height} 号区块加入，{days} 天后申请互助。"
    ),
    "In {count} round since then the claimant shared {amount}.": "此后 {count} 期中，申请人共分摊 {amount}。",
    "In {count} rounds since then the claimant shared {amount}.": "此后 {count} 期中，申请人共分摊 {amount}。",
    "The diagnosis came {after} days after joining; the waiting period is {days} days.": (
        "加入后第 {after} 天确诊；等待期为 {days} 天。"
    ),
    "The claimant handed the membership over to another key on {day}.": "申请人于 {day} 将会员资格移交给另一把密钥。",
    "A replacement of the claimant's key, of {day}, was objected to.": (
        "{day} 有人要更换申请人的密钥，原密钥提出了异议。"
    ),
    "The claimant's key was replaced on {day}, on the word of {who}.": "申请人的密钥于 {day} 由 {who} 证明后更换。",
    "THE OPERATOR REPLACED THE CLAIMANT'S KEY ON {day}, on its own word.": "运营方于 {day} 自行更换了申请人的密钥。",
    "A sanction on the claimant: {reason}.": "申请人曾被列入黑名单：{reason}。",
    "A sanction on the claimant, lifted: {reason}.": "申请人曾被列入黑名单，现已解除：{reason}。",
    "The facts of the case were erased on {day}: {reason}.": "本案的个人信息已于 {day}删除：{reason}。",
    "as the member wished": "应会员本人要求",
    "as the law asks": "依法律要求",
    "they were needed no more": "已不再需要",
    "they should not have been kept": "本不应保存",
    "Other requests of the claimant: {count}.": "申请人的其他互助申请：{count} 次。",
    "Aid of {amount} was asked for on {day}.": "于 {day}申请互助金 {amount}。",
    "The covenant's most for such a case is {amount}.": "按互助公约，此类案件最高为 {amount}。",
    "It was shown to everybody on {day}, with {amount}.": "于 {day}公示，金额 {amount}。",
    "{count} photograph or report belongs to it; --attached checks it.": (
        "附有 {count} 份照片或报告；可用 --attached 核对。"
    ),
    "{count} photographs or reports belong to it; --attached checks one.": (
        "附有 {count} 份照片或报告；可用 --attached 逐一核对。"
    ),
    "{who} ({role}) vouched for it on {day}, with a report.": "{who}（{role}）于 {day}凭报告核实属实。",
    "{who} ({role}) vouched for it on {day}.": "{who}（{role}）于 {day}核实属实。",
    "{who} ({role}) said on {day} that it is not true.": "{who}（{role}）于 {day}表示情况不实。",
    "Nobody objected.": "无人提出异议。",
    "{who} objected.": "{who} 提出了异议。",
    "{count} objected.": "{count} 人（或机构）提出异议。",
    "{support} of {ballots} jurors were for it.": "赔审团 {ballots} 票中 {support} 票支持。",
    "Fewer than {quorum} voted: what the institutions said stands.": "投票不足 {quorum} 张：以核实机构的意见为准。",
    "It takes more than {percent}% of at least {quorum} votes.": "须至少 {quorum} 票，且支持票超过 {percent}%。",
    "The case waits for those who vouch.": "案件等待核实。",
    "The case is shown to everybody, and not decided yet.": "案件已公示，尚未作出决定。",
    "The case was approved on {day}, and waits for its round.": "案件于 {day}批准，等待分摊。",
    "The case was approved on {day}.": "案件于 {day}批准。",
    "The case was refused on {day}, by the covenant's rule {clause}.": (
        "案件于 {day}依据互助公约的规则 {clause} 被拒绝。"
    ),
    "The claimant took the request back.": "申请人已撤回申请。",
    "THE CASE PROVED FALSE AND IS VOID: {reason}.": "案件被证实虚假，已作废：{reason}。",
    "bought medical records": "购买病历",
    "against public order": "违背公序良俗",
    "malicious initiation": "恶意发起",
    "Round {number} of {day}: {aid} of aid, {fee} of fee, cases: {cases}, shared by {headcount} members.": (
        "第 {number} 期（{day}）：互助金 {aid}，管理费 {fee}，案件 {cases} 个，由 {headcount} 位会员分摊。"
    ),
    "Carried into it: surplus {surplus}, deficit {deficit}; the operator added {top_up}.": (
        "转入本期：结余 {surplus}，缺口 {deficit}；运营方补入 {top_up}。"
    ),
    "Given back for illness in the waiting period since the round before: {amount}.": (
        "上一期以来因等待期内患病退还：{amount}。"
    ),
    "Each owed {share}; {surplus} is left over for the next round.": "每人应分摊 {share}；结余 {surplus}，转入下一期。",
    "Not paid by those who could not: {amount}.": "余额不足者未付：{amount}。",
    "The covenant's cap for one member: {list}.": "互助公约规定的每位会员上限：{list}。",
    "{amount} a case": "每案 {amount}",
    "{amount} a round": "每期 {amount}",
    "{amount} a year": "每年 {amount}",
    "{amount} was paid to the claimant on {day}.": "于 {day}向申请人发放 {amount}。",
    "{amount} was paid to the hospital on {day}.": "于 {day}向医院发放 {amount}。",
    "{amount} was paid to the family on {day}.": "于 {day}向家属发放 {amount}。",
    "{amount} was paid back on {day} to whoever had advanced it.": "于 {day}归还垫付方 {amount}。",
    "{amount} was paid in advance on {day}, by {who}.": "{who} 于 {day}先行赔付 {amount}。",
    "{amount} was paid in advance on {day}, by the operator.": "运营方于 {day}先行赔付 {amount}。",
    "YOUR OWN PART OF IT: {amount}.": "您本人分摊：{amount}。",
    "Paid so far: {paid} of {aid}.": "已发放：{paid}，共应发放 {aid}。",
    "Given back to all who shared it: {amount}.": "已退还给全体分摊会员：{amount}。",
    "The membership was ended, and all shares given back: {amount} (illness in the waiting period).": (
        "会员资格已终止，分摊的全部金额已退还：{amount}（等待期内患病）。"
    ),
    "Recovered from the claimant: {amount}.": "已向申请人追回：{amount}。",
    # --- checks ---------------------------------------------------------------------------------
    "The claimant's row stands in slot {slot}, recorded in block {height}, before the request.": (
        "申请人的记录位于会员号 {slot}，写入第 {height} 号区块，早于申请。"
    ),
    "Every round since the claimant joined is here with the claimant's row, {count} in all.": (
        "申请人加入以来的每一期都在此，且都有申请人的一行，共 {count} 期。"
    ),
    "Each entry about the case stands in the plan's log, {count} in all.": (
        "关于本案的每个条目都在该计划的日志中，共 {count} 个。"
    ),
    "All {count} entries of the plan are here: nothing about this case was left out.": (
        "该计划的全部 {count} 个条目都在此：关于本案没有任何遗漏。"
    ),
    "The claimant and each institution that spoke signed what stands under their names.": (
        "申请人和每个发表意见的机构都对其名下的内容签了名。"
    ),
    "Everybody whom the covenant asks for vouched before the case was disclosed, and was registered for that then.": (
        "互助公约要求的各方都在公示之前核实，并且当时已登记有此职责。"
    ),
    "Each step came in its order and at its time: disclosure, objections, votes, decision, round, payment.": (
        "每一步都按次序、按时间进行：公示、异议、投票、决定、分摊、发放。"
    ),
    "The recorded ballots are as many as the decision counts, {count} in all.": (
        "记录的选票与审议所计的一致，共 {count} 张。"
    ),
    "The facts that were opened are those that the claimant signed for; they break no rule.": (
        "公开的事实与申请人签名承诺的一致，且不违反任何规则。"
    ),
    "The facts that were opened are those that the claimant signed for.": "公开的事实与申请人签名承诺的一致。",
    "What is shown of the person is what the disclosure committed to.": "公示的个人信息与公示时承诺的一致。",
    "The share follows from aid, fee, what was carried over and how many shared; everybody owed the same.": (
        "分摊金额可由互助金、管理费、上期结转和分摊人数算出；每人应分摊的金额相同。"
    ),
    "No more was paid than was approved.": "发放金额没有超过批准金额。",
    "Your own record shows the same round, and your part of it.": "您本人的记录显示了同一期，以及您分摊的金额。",
    "The one round since the claimant joined is here with the claimant's row.": (
        "申请人加入以来的唯一一期在此，且有申请人的一行。"
    ),
    "Of the photographs and reports that belong to it you named {count}; they are these very files.": (
        "您提供的 {count} 份照片或报告，正是公示时承诺的那些文件。"
    ),
    "The photograph or report that you named is the one that belongs to it.": (
        "您提供的照片或报告，正是公示时承诺的那一份。"
    ),
    "The one recorded ballot is the one that the decision counts.": "记录的唯一一张选票正是审议所计的那张。",
    # --- limits ---------------------------------------------------------------------------------
    "Who objected is not in this file: one objection is counted, its signature an audit checks.": (
        "提出异议的会员是谁不在此文件中：共计一个异议，其签名由审计核实。"
    ),
    "The plan's log is too long for one file. Not proven here: that nothing else was recorded about this "
    "case (a payment, somebody who spoke against it, that it was voided) or about the claimant (a sanction), or that "
    "no institution was revoked before it vouched. An audit checks it.": (
        "该计划的日志太长，一个文件放不下。此处不能证明：关于本案（例如发放、反对意见或被作废）或关于申请人（例如列入"
        "黑名单）没有其他记录，也不能证明没有机构在核实之前已被撤销。这些由审计核实。"
    ),
    "What nobody recorded does not show: an objection that the operator would not take, for one.": (
        "没有人记录的事情无从显示：例如运营方不肯受理的异议。"
    ),
    "That the claimant was covered on the day of the request is the operator's word: balances are sealed.": (
        "申请当日申请人处于保障中，仅凭运营方所言：余额是封存的。"
    ),
    "Why the claimant did not pay the share in {count} rounds is the operator's word: balances are sealed.": (
        "申请人有 {count} 期未按应分摊金额扣款，其原因仅凭运营方所言：余额是封存的。"
    ),
    "Why the claimant did not pay the share in one round is the operator's word: balances are sealed.": (
        "申请人有一期未按应分摊金额扣款，其原因仅凭运营方所言：余额是封存的。"
    ),
    "It was compared with no earlier book, because it is the first of this log that was checked here. "
    "It is kept: the next one must continue it.": (
        "没有与更早的账本比对，因为这是在这里核验的第一本。已保存存照：下一次的账本必须接续它。"
    ),
    "The diagnosis was not opened: that the waiting period was over is the word of whoever vouched.": (
        "确诊日期没有公开：等待期已过，仅凭核实方所言。"
    ),
    "The age that was vouched for was not opened: the age, and what depends on it, are as the disclosure states "
    "them.": "核实时的年龄没有公开：年龄及与之相关的内容以公示为准。",
    "Nothing of the person was opened: age, cause and disease are known to whoever vouched, not to you.": (
        "个人信息均未公开：年龄、原因和疾病只有核实方知道，您无法得知。"
    ),
    "What was known of the person was erased: nobody can open it any more. What stands in files that were "
    "handed out before stays there.": (
        "个人信息已被删除：再也没有人能公开它。此前已发出的文件中的内容仍留在那些文件里。"
    ),
    "The operator of this plan approves cases by itself: nobody had to vouch.": (
        "本计划由运营方自行批准案件：不要求任何一方核实。"
    ),
    "Who objected is not in this file: {count} objections are counted, their signatures an audit checks.": (
        "提出异议的会员是谁不在此文件中：共计 {count} 个异议，其签名由审计核实。"
    ),
    "Each ballot is sealed: that jurors signed them, and who may vote, an audit checks.": (
        "每张选票都是封存的：选票由谁签名、谁可以投票，由审计核实。"
    ),
    "Your own share is not here: name your own record to see it.": "这里没有您本人的分摊金额：请提供您自己的记录。",
    "Your record does not show the round that shared the case: it ends before, or you joined later.": (
        "您的记录中没有分摊本案的那一期：记录截止得更早，或您加入得更晚。"
    ),
    "It cannot prove that every member who shared is a person: whether the money of all of them is there, a "
    "custodian's statement shows.": (
        "它不能证明每一位分摊的会员都真有其人：所有人的钱是否都在，看存管银行的资金公示。"
    ),
    "The case is not shared yet: what each member pays shows after the round.": (
        "案件尚未分摊：每位会员的分摊金额在该期之后才能看到。"
    ),
    # --- verdicts -------------------------------------------------------------------------------
    "The file is too old to say how things are: ask for a fresh one.": "文件太旧，不能说明现状：请索取新的文件。",
    "Nothing could be concluded: the case is neither confirmed nor refuted.": (
        "无法得出结论：本案既未得到证实，也未被否定。"
    ),
}
