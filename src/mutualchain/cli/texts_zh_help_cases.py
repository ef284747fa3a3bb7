"""Help in Simplified Chinese: cases, rounds, and what runs by itself. The key is the English paragraph."""

from __future__ import annotations

__all__ = ["HELP"]

HELP: dict[str, str] = {
    "The life of a case (互助案件).": "互助案件的全过程。",
    "A member requests aid; institutions attest; the case is disclosed, and one can object; where the "
    "covenant asks for it, jurors vote. Then it is approved or refused, shared in a round, and paid. "
    "Where the covenant lets the operator approve by itself, `approve` alone begins it.": (
        "会员申请互助金，机构出具核实证明，案件公示，可以提出异议，公约要求时由赔审团投票；然后批准或拒绝，"
        "在某一期分摊，并发放。公约允许运营方自行批准时，只用 `approve` 即可开始。"
    ),
    "The keyed tag of a report's number: a report that serves twice shows, and nobody can guess the number.": (
        "报告编号的带密钥标签：同一份报告使用两次会被发现，而谁也猜不出编号。"
    ),
    "Whoever issues reports keeps the key, and it never leaves the house. The tag goes into `case attest --tag`.": (
        "密钥由出具报告的机构保管，绝不外传。标签用于 `case attest --tag`。"
    ),
    "Make a key in this new file, and nothing else.": "只在这个新文件中生成密钥，不做其他事。",
    "The issuer's key, as --new-key made it.": "出具方的密钥，由 --new-key 生成。",
    "The report's number, as it is printed.": "报告上印的编号。",
    "Seal the facts of a case: add a random salt to each, so that any can be shown alone and none be guessed.": (
        "封存案件的事实：给每项加随机的盐，使任何一项都能单独展示，又都无法猜出。"
    ),
    "The sealed facts, a new file.": "封存后的事实，一个新文件。",
    "A member asks for aid (互助申请), on her own signature. The answer names the case.": (
        "会员本人签名申请互助金。结果给出案件的名称。"
    ),
    "The facts stay beside the chain, with the operator, under the vault's keys; only their sealed root "
    "is recorded. Where she signs elsewhere, print what she signs with --message.": (
        "事实留在链外，由运营方用资料库的密钥保管；只记录其封存后的根哈希。会员在别处签名时，用 --message "
        "输出需要签名的内容。"
    ),
    "The member who asks for aid.": "申请互助金的会员。",
    "What she asks for, in yuan.": "申请的金额，以元计。",
    "The sealed facts, as `case seal` made them.": "封存的事实，由 `case seal` 生成。",
    "Reason code of more than the usual most.": "申请超过通常上限时的原因代码。",
    "An institution vouches for a case (核实证明), or says that it is not true.": (
        "机构为案件出具核实证明，或声明案件不实。"
    ),
    "The case: the name that its request got.": "案件：申请时得到的名称。",
    "Who vouches.": "由哪家机构核实。",
    "In which of its roles.": "以其哪个角色核实。",
    "It says that the case is not true.": "声明案件不实。",
    "Its tag of the report's number, as `case tag` makes it.": "报告编号的标签，由 `case tag` 生成。",
    "The institution's key file, to sign with it here.": "机构的密钥文件，当场签名用。",
    "Mask the facts of a case for everybody to see, and seal them: 李*, the age, the city, the disease.": (
        "把案件的事实脱敏供所有人查看，并加以封存：李*、年龄、城市、疾病。"
    ),
    "The answer is the --fields-root that `case disclose` asks for. The vault keeps the fields until "
    "then, and after it for `mutualchain disclosure`, which opens them; where there is no vault, the "
    "file does. What you attach is named by its SHA-256; show the file itself beside the disclosure, "
    "masked as you want it seen.": (
        "结果就是 `case disclose` 所需的 --fields-root。资料库保存各项，供 `mutualchain disclosure` "
        "展示；没有资料库时由文件保存。附上的文件以其 SHA-256 指明；请把文件本身按您要展示的样子脱敏后，"
        "与公示文件一同展示。"
    ),
    "The facts, as `case seal` takes or makes them. [default: those that the ledger keeps under its vault]": (
        "事实，即 `case seal` 的输入或输出。[默认：账本用资料库密钥保存的事实]"
    ),
    "A photograph or report that will be shown. Repeatable.": "将要展示的照片或报告，可重复给出。",
    "The masked fields, a new file. [default: the vault alone]": "脱敏后的各项，一个新文件。[默认：只存入资料库]",
    "Show a case to everybody (公示): from now on one can object.": "向所有人公示案件：从此可以提出异议。",
    "The aid that is disclosed, in yuan.": "公示的互助金，以元计。",
    "The root that `case mask` printed.": "`case mask` 输出的根哈希。",
    "A member or an institution objects to a disclosed case (异议).": "会员或机构对公示的案件提出异议。",
    "The member who objects.": "提出异议的会员。",
    "The institution that objects.": "提出异议的机构。",
    "The grounds; only the file's hash is recorded.": "理由；只记录文件的哈希。",
    "Record the ballots of jurors (赔审团), each signed by the juror herself.": (
        "登记赔审员的选票，每张由赔审员本人签名。"
    ),
    "The CSV file's first line is slot,seq,vote,signature: her slot, the running number that she signed, "
    "1 for or 0 against, and 128 hexadecimal digits.": (
        "CSV 文件的第一行是 slot,seq,vote,signature：会员号、签名中的流水号、1 支持或 0 反对，以及 128 个十六进制字符。"
    ),
    "The disputed case, or the proposal, that is voted on.": "投票所针对的有异议的案件或提案。",
    "The juror.": "赔审员的会员号。",
    "Her vote.": "赔审员的投票。",
    "Many ballots at once: all are recorded, or none.": "一次登记多张选票：要么全部记录，要么一张不记。",
    "Write the receipt of a juror's ballot: her proof that it is counted.": "写出赔审员选票的回执：证明该票已计入。",
    "The receipt, a new file.": "回执，一个新文件。",
    "Count the votes when the voting is over (审议). Below the quorum the first opinion stands.": (
        "投票结束后计票（审议）。未达到法定票数时维持最初的意见。"
    ),
    "Record that a case is approved. The answer names the case, for `round open` and `case pay`.": (
        "登记案件已批准。结果给出案件的名称，供 `round open` 和 `case pay` 使用。"
    ),
    "The first approves a requested case with the aid that was disclosed; the second is for plans whose "
    "operator approves by itself. The case file stays with you; only its hash is recorded. Put something "
    "random into the file, so that nobody can find out by guessing what it says.": (
        "第一条按公示的互助金批准已申请的案件；第二条用于由运营方自行批准的计划。案件文件由您保管，"
        "只记录其哈希。请在文件中放入一些随机内容，以免有人猜出它写了什么。"
    ),
    "The requested case.": "已申请的案件。",
    "The member who fell ill.": "患病的会员。",
    "The approved aid, in yuan.": "批准的互助金，以元计。",
    "SHA-256 of the case file, 64 hexadecimal digits.": "案件文件的 SHA-256，64 个十六进制字符。",
    "The case file, to compute that hash from.": "案件文件，用来计算该哈希。",
    "Refuse a case by a clause of the covenant. She can appeal.": "按互助公约的某一条款拒绝案件。会员可以申诉。",
    "The covenant's clause that the case breaks.": "案件所违反的公约条款。",
    "The member takes her request back, before a round shares it.": "会员在案件被分摊之前撤回申请。",
    "Record that aid was paid before its round (先行赔付): the round repays it.": (
        "登记在结算之前已先行赔付的互助金：由该期偿还。"
    ),
    "What was paid, in yuan.": "已支付的金额，以元计。",
    "Who got it.": "由谁收款。",
    "The bank's or payer's own reference; its hash is recorded.": "银行或付款方自己的编号；只记录其哈希。",
    "The institution that paid; without it, the operator did.": "垫付的机构；不给出则由运营方垫付。",
    "Record that aid was paid, perhaps in parts: never more than was approved.": (
        "登记互助金发放，可分几笔，合计绝不超过批准的金额。"
    ),
    "--payee funder repays what was advanced. The record is the operator's word that money moved; that "
    "it left a bank, the custodian's statement shows (`treasury state`).": (
        "--payee funder 偿还先行赔付的款项。这项登记只是运营方声称款项已支付；款项是否已从银行转出，"
        "由存管方的资金公示说明（`treasury state`）。"
    ),
    "A case has proved false: it is shared and paid no more, and what was shared can be refunded.": (
        "案件经证明不实：不再分摊和发放，已分摊的金额可以退还。"
    ),
    "Why the case is void.": "案件作废的原因。",
    "Illness in the waiting period: the membership ends, and all shares she paid come back into her balance.": (
        "等待期内患病：会员资格终止，已付的全部分摊金额退回余额。"
    ),
    'For a case that was refused by aid.waiting, in plans whose covenant says aid.ill_in_waiting = "refund_and_end".': (
        '用于因 aid.waiting 被拒绝的案件，且计划的公约规定 aid.ill_in_waiting = "refund_and_end"。'
    ),
    "A member can request no aid, for a time or for good (黑名单).": (
        "会员在一段时间内或永久不得申请互助金（黑名单）。"
    ),
    "The member.": "会员的会员号。",
    "The voided case that it follows from.": "据以列入黑名单的作废案件。",
    "Why.": "原因。",
    "The day on which it ends, like 2027-01-01; without it, for good.": (
        "截止的日子，例如 2027-01-01；不给出则为永久。"
    ),
    "A sanction ends.": "解除黑名单。",
    "The sanction: the name that it got.": "要解除的黑名单记录：登记时得到的名称。",
    "Why it ends.": "解除的原因。",
    "A member appeals (申诉) against a refusal, a void or a sanction, on her own signature.": (
        "会员本人签名，就拒绝、作废或黑名单提出申诉。"
    ),
    "The member who appeals.": "提出申诉的会员。",
    "The refusal, void or sanction: the name that it got.": "所申诉的拒绝、作废或黑名单：登记时得到的名称。",
    "List a plan's cases, and where they stand.": "列出计划的案件及其进度。",
    "Show where a case stands, who has vouched, and what it waits for.": "显示案件的进度、由谁核实、在等待什么。",
    "Open and settle a round (期); show and list rounds.": "开启并结算一期；查看与列出各期。",
    "A round has three steps. `open` takes the snapshot of who shares, computes the share and announces "
    "it; `settle` deducts it from everybody at once; `case pay` then records that the aid was paid.": (
        "一期分三步：`open` 取零时快照确定由谁分摊，计算并公布分摊金额；`settle` 一次向所有人扣款；"
        "然后用 `case pay` 登记互助金已发放。"
    ),
    "Take the snapshot, compute the share, announce the round.": "取零时快照，计算分摊金额，公布该期。",
    "A case to share; repeat it for more.": "要分摊的案件；可重复给出多个。",
    "What somebody else adds, in yuan. [default: 0]": "他方补充的金额，以元计。[默认：0]",
    "Deduct the announced share from everybody who shares.": "向所有分摊者扣除已公布的分摊金额。",
    "Of a plan that collects by mandate: a CSV file, its first line slot, of those from whom nothing came.": (
        "用于代扣的计划：CSV 文件，第一行为 slot，列出未能扣款的会员。"
    ),
    "Record money for the next round that no member paid: that round takes all of it as its top-up.": (
        "登记下一期中不由会员支付的款项：该期把它全部用作补充款。"
    ),
    "Who paid it.": "由谁支付。",
    "The voided case, for a recovery.": "追回款项所属的作废案件。",
    "The payer's own reference; its hash is recorded.": "付款方自己的编号；只记录其哈希。",
    "Give everybody back exactly what a voided case cost her: one sheet with a row for each of its round.": (
        "把作废案件的分摊金额如数退还给每位会员：一张表，该期每人一行。"
    ),
    "The voided case (case void).": "作废的案件（由 case void 登记）。",
    "Take back a wrong credit of a member, or a part of it. The credit stays, and the correction names it.": (
        "冲正一笔错误的会员入账，全部或部分。原入账保留，冲正写明它。"
    ),
    "What is taken back, in yuan: the credit's at most.": "冲正的金额，以元计：不超过原入账。",
    "That credit's running number.": "该笔入账的流水号。",
    "Show a settled round in full: ROUND counts from 1; without it, the last one.": (
        "完整显示已结算的一期：ROUND 从 1 起计；不给出则为最近一期。"
    ),
    "List a plan's settled rounds.": "列出计划已结算的各期。",
    "Let the plans run: do what their covenants demand by now, and go on doing so.": (
        "让计划自行运行：执行公约此刻要求的事项，并持续下去。"
    ),
    "Nothing is done twice, however often this is called, and a silence is caught up with. SIGTERM and "
    "SIGINT end it after the present step. A round of a plan that collects by mandate is deducted here "
    "where --collected says that nothing failed, else by `mutualchain round settle`.": (
        "无论调用多少次，任何事项都不会执行两次；停顿之后会补上。收到 SIGTERM 或 SIGINT 时，完成当前步骤后结束。"
        "代扣的计划，只有用 --collected 说明没有扣款失败，才在这里结算；否则用 `mutualchain round settle`。"
    ),
    "What follows from the chain alone is done: votes counted, cases approved or refused, rounds announced "
    "and deducted, shares of voided cases given back. Attestations, disclosures and payments wait for "
    "whoever has to make them, and are listed. Between two looks the ledger is closed, so that others "
    "can write.": (
        "单凭链上内容即可决定的事项会自动执行：计票、批准或拒绝案件、公布并扣除分摊、退还作废案件的分摊。"
        "核实证明、公示和发放须由有关各方进行，会列出来。两次查看之间账本是关闭的，其他程序可以写入。"
    ),
    "This plan alone. [default: all]": "只运行这个计划。[默认：全部]",
    "Do what is due now, and end.": "执行现在到期的事项后结束。",
    "Only list what is due; do nothing.": "只列出到期的事项，不执行。",
    "In this plan, which collects by mandate, no collection failed; repeat it for more.": (
        "该代扣计划没有扣款失败；可重复给出多个。"
    ),
    "What a custodian (存管银行) holds for a plan, on its own signature, compared with the ledger.": (
        "存管银行为计划持有多少资金（由其签名），与账本对照。"
    ),
    "Record what a custodian says it holds (资金公示).": "登记存管方的资金公示。",
    "A sum that differs from the ledger's is recorded and shown: it is what the statement is for.": (
        "与账本不符的金额也会登记并显示：资金公示正是为此而设。"
    ),
    "The custodian.": "存管方。",
    "What it holds for the plan, in yuan.": "为该计划持有的金额，以元计。",
    "The instant, Unix milliseconds. [default: now]": "时刻，Unix 毫秒。[默认：现在]",
    "Show a plan's treasury statements beside what the ledger expected, and what it expects now.": (
        "显示计划的资金公示，对照当时和现在账本上应有的金额。"
    ),
}
