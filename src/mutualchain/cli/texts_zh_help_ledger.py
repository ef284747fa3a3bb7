"""Help in Simplified Chinese: the operator's ledger and plans. The key is the English paragraph."""

from __future__ import annotations

__all__ = ["HELP"]

HELP: dict[str, str] = {
    "Make a new ledger in the new or empty folder LEDGER.": "在新的或空的文件夹 LEDGER 中建立新账本。",
    "Three keys are made: log.key signs the book, block.key signs its blocks, recovery.key is for the "
    "day on which block.key is lost or stolen. They lie outside the ledger, so that a copy of it never "
    "carries them along. So does LEDGER-vault, with the keys of members' personal data. LEDGER.trust "
    "holds the public half: hand it to members, auditors and everybody else. With --witnesses it asks "
    "for their quorum, and from then on nothing is written before they have confirmed that this is the "
    "newest copy.": (
        "生成三把密钥：log.key 签署账本，block.key 签署区块，recovery.key 供 block.key 遗失或被盗之日使用。"
        "它们放在账本之外，账本的副本因此绝不会带走密钥；LEDGER-vault 也在账本之外，其中是会员个人资料的密钥。"
        "LEDGER.trust 中是公开部分：请交给会员、审计人员和其他所有人。使用 --witnesses 时，它要求见证方达到法定人"
        "数；从此在见证方确认这是最新的副本之前，不写入任何内容。"
    ),
    "The name of the book, for ever, e.g. example.org/mutual-aid.": (
        "账本的名称，永久不变，例如 example.org/mutual-aid。"
    ),
    "Where the keys go. [default: LEDGER-keys, beside it]": "密钥放在哪里。[默认：账本旁边的 LEDGER-keys]",
    "Who shall cosign this book: a file with the lines witness, group and quorum of a trust file.": (
        "由谁为这本账联署：一个文件，内容是信任文件中的 witness、group 和 quorum 行。"
    ),
    "Use the three keys in that folder, e.g. after an init that was interrupted.": (
        "使用该文件夹中已有的三把密钥，例如在 init 中断之后。"
    ),
    "The keys with which you write in the book: which are in force, and how they are changed.": (
        "用来写账的密钥：哪些有效，如何更换。"
    ),
    "Show the public halves of the keys of LEDGER: of the log, of the blocks, of the recovery.": (
        "显示 LEDGER 各密钥的公开部分：日志、区块、恢复。"
    ),
    "Change the key that signs the book: the new one beside the old one for a while, then alone.": (
        "更换签署账本的密钥：新旧密钥先并用一段时间，然后只用新的。"
    ),
    "Make a new log key, log-new.key, and sign with both from now on.": (
        "生成新的日志密钥 log-new.key，从此新旧两把同时签名。"
    ),
    "Whoever trusts either key accepts what both have signed. The trust file gets a line for the new "
    "one: hand it out, and have the witnesses add the key, before you finish.": (
        "信任其中任何一把的人，都会接受两把共同签署的内容。信任文件中会为新密钥增加一行：请先分发，"
        "并请见证方加入这把密钥，然后再完成更换。"
    ),
    "Folder of log.key and block.key. [default: LEDGER-keys, beside the ledger]": (
        "存放 log.key 和 block.key 的文件夹。[默认：账本旁边的 LEDGER-keys]"
    ),
    "Write although too few witnesses answer, where no other copy of the ledger was ever written to.": (
        "应答的见证方不足时也写入；仅在账本的其他副本从未写入过时使用。"
    ),
    "The trust file to be changed along. [default: LEDGER.trust beside it]": (
        "要一并修改的信任文件。[默认：账本旁边的 LEDGER.trust]"
    ),
    "Sign with the new log key alone.": "只用新的日志密钥签名。",
    "Before, every witness of the trust file is shown a checkpoint that only the new key has signed: "
    "without a quorum of them nothing is changed. Where the trust file asks for a quorum, it gets the "
    "old key's last moment: what witnesses saw until then stays good.": (
        "在此之前，会把只由新密钥签署的检查点交给信任文件中的每个见证方：未达法定人数就不作任何改动。"
        "信任文件要求法定人数时，会写入旧密钥的最后时刻：见证方在此之前看到的内容仍然有效。"
    ),
    "Do not ask the witnesses of the trust file whether they know the new key.": (
        "不询问信任文件中的见证方是否认识新密钥。"
    ),
    "Seconds for asking.": "询问的时限（秒）。",
    "Call a change of the log key off: the old key signs alone again, and the new one never more.": (
        "取消更换日志密钥：仍只由旧密钥签名，新密钥不再使用。"
    ),
    "Change the key that signs the blocks. The old one signs this, the new one every block from the next on.": (
        "更换签署区块的密钥。旧密钥签署这次更换，下一个区块起由新密钥签署。"
    ),
    "The change is an entry on the chain, and members' records follow it: nobody needs a new trust file.": (
        "更换作为条目写在链上，会员的记录随之沿用：谁都不需要新的信任文件。"
    ),
    "Announce a new block key where the old one is lost or stolen. The recovery key signs this.": (
        "旧的区块密钥遗失或被盗时，公布新的区块密钥，由恢复密钥签署。"
    ),
    "The new key is in force after the delay that genesis names, a week by default; until then the old "
    "one is, and a rotation by it cancels the recovery.": (
        "新密钥在创世区块规定的延迟（默认一周）之后生效；在此之前旧密钥有效，用旧密钥作一次更换即可取消恢复。"
    ),
    "The offline recovery key.": "离线保存的恢复密钥。",
    "Have the witnesses cosign the newest head of LEDGER, and store their cosignatures with it.": (
        "请见证方为 LEDGER 最新的账本头联署，并保存联署。"
    ),
    "A backend that keeps the ledger open does this by itself. Once a day the head is also recorded "
    "in the book, as an anchor. What the quorum has cosigned is what `publish`, `record` and `renew-receipt` "
    "show to others.": (
        "一直打开账本的后台程序会自动进行。每天一次，账本头还会作为锚定写入账本。达到法定人数联署的账本头，"
        "就是 `publish`、`record` 和 `renew-receipt` 向他人展示的内容。"
    ),
    "Exit codes: 0 the quorum has cosigned, 3 it has not, 4 a witness has seen more, or another history. "
    "docs/endorsement.md says who should be asked, and how often.": (
        "退出码：0 已达法定人数，3 未达到，4 有见证方看到了更多内容，或看到了另一段历史。应请谁联署、"
        "多久一次，见 docs/endorsement.md。"
    ),
    "Whose witnesses to ask. [default: LEDGER.trust beside it]": "请哪些见证方联署。[默认：账本旁边的 LEDGER.trust]",
    "How long to wait for the witnesses.": "等待见证方的时间。",
    "Write LEDGER to FOLDER as files for everyone, up to its newest checkpoint.": (
        "把 LEDGER 直到最新检查点的内容写成人人可读的文件，放入 FOLDER。"
    ),
    "Everything is read back and verified before the checkpoint that names it is put in place; where "
    "the trust file asks for a quorum of witnesses, the checkpoint has it. Sealed rows (who paid in "
    "or took out how much), secrets and references are never among the files: an auditor gets them apart, "
    "encrypted to her key.": (
        "所有内容都重新读出并核验之后，才放上指向它们的检查点；信任文件要求法定人数时，检查点已有足够的联署。"
        "封存的行（谁存入或取出多少）、秘密和请求编号绝不在其中：审计人员另外取得，加密给其密钥。"
    ),
    "Run it again after new blocks: only what is new is written. docs/publishing.md says what lies where.": (
        "有新区块后再运行一次：只写新增的内容。各文件的位置见 docs/publishing.md。"
    ),
    "Look at all files again, and mend what is missing or wrong.": "重新检查所有文件，补上缺失的，改正错误的。",
    "Go on, and publish what is new, until SIGINT or SIGTERM.": "持续运行，发布新增内容，直到收到 SIGINT 或 SIGTERM。",
    "With --watch: from one look to the next.": "与 --watch 合用：两次查看的间隔。",
    "Write the sealed rows too, to the folder SEALED, encrypted to an auditor's public key (the word, "
    "or a file with it).": ("把封存的行也写出，放入文件夹 SEALED，加密给审计人员的公钥（那个词，或写有它的文件）。"),
    "Copy LEDGER to the new folder DESTINATION: consistent and durable, while a writer goes on writing.": (
        "把 LEDGER 复制到新文件夹 DESTINATION：内容一致、已落盘，写入可以同时进行。"
    ),
    "The copy holds everything but the operator's keys, which have to be backed up apart from it. LEDGER.trust, "
    "if it is there, is copied along, to DESTINATION.trust.": (
        "副本包含除运营方密钥以外的一切，密钥须另行备份。如果有 LEDGER.trust，会一并复制为 DESTINATION.trust。"
    ),
    "Make the ledger NEWLEDGER from a backup, and check that its logs lead to the checkpoint that was signed.": (
        "从备份恢复出账本 NEWLEDGER，并检查其日志能否得出已签名的检查点。"
    ),
    "A backup may be older than what members, receipts and witnesses have seen. Before anything new "
    "is signed with it, make sure that there is no later copy: a book that loses blocks is a rollback, "
    "and shows.": (
        "备份可能比会员、回执和见证方所看到的更旧。用它签署新内容之前，请确认没有更新的副本：丢失区块的账本就是回"
        "退，会被发现。"
    ),
    "Covenants (互助公约), and the plans that run under them.": "互助公约，以及按公约运行的计划。",
    "List the covenants that are shipped: the rules of real plans, ready to be read, changed and adopted.": (
        "列出随附的互助公约：真实计划的规则，可供阅读、修改和采用。"
    ),
    "Print a covenant as a TOML file to change and adopt. NAME is one of `mutualchain plan catalogue`, or a file.": (
        "把互助公约输出为 TOML 文件，供修改和采用。NAME 是 `mutualchain plan catalogue` 中的名称，或一个文件。"
    ),
    "Every parameter with what it means, defaults too.": "每个参数及其含义，包括默认值。",
    "Check a covenant's file: every value out of range and every contradiction between rules, all at once.": (
        "检查互助公约文件：一次指出所有越界的数值和规则之间的矛盾。"
    ),
    "Show the clauses in which two covenants differ. A and B are files or names of the catalogue.": (
        "显示两份互助公约不同的条款。A 和 B 是文件或目录中的名称。"
    ),
    "Compute a round's figures: each one's share, the fee, what is collected, and the surplus left.": (
        "计算一期的各项数字：每人分摊金额、管理费、收取的总额和剩下的结余。"
    ),
    "COVENANT is a file or a name of `mutualchain plan catalogue`. A share above a cap is refused, as in a ledger.": (
        "COVENANT 是文件，或 `mutualchain plan catalogue` 中的名称。超过封顶的分摊金额会被拒绝，与账本中相同。"
    ),
    "Aid of each case, in the currency's major unit.": "每个案件的互助金，以元等主币单位计。",
    "So many such cases.": "这样的案件有几个。",
    "How many share.": "分摊人数。",
    "Surplus of the round before. [default: 0]": "上一期的结余。[默认：0]",
    "Deficit of the round before. [default: 0]": "上一期的缺口。[默认：0]",
    "Begin the plan PLAN (a-z, 0-9 and '-') under a covenant, whose rules and hash then stand on the chain.": (
        "按一份互助公约建立计划 PLAN（用 a-z、0-9 和 '-'），公约的规则和哈希从此写在链上。"
    ),
    "The options below make a plan without a process: the operator approves cases, and rounds come when "
    "it opens them. A covenant's file says everything; `mutualchain plan template NAME` prints one to "
    "begin with.": (
        "以下选项建立的计划没有案件流程：案件由运营方批准，各期由运营方开启。公约文件则规定一切；`mutualchain "
        "plan template NAME` 输出一份作为起点。"
    ),
    "The covenant as a file, in place of the options below.": "写成文件的互助公约，代替以下选项。",
    "A covenant of `mutualchain plan catalogue`, as it is.": (
        "原样采用 `mutualchain plan catalogue` 中的一份互助公约。"
    ),
    "The plan's name for people.": "计划对外的名称。",
    "The least deposit on joining, in yuan. [default: 10]": "加入时最少的预存金额，以元计。[默认：10]",
    "The most aid for one case, in yuan. [default: 300000]": "一个案件互助金的上限，以元计。[默认：300000]",
    "Fee in basis points of the aid: 800 is 8%. [default: 0]": "管理费占互助金的万分之几：800 即 8%。[默认：0]",
    "Rounding of the fee. [default: down]": "管理费的取整方式。[默认：down，向下]",
    "The most one member pays in one round, 0 for none. [default: 0]": "每人每期分摊的上限，0 表示不设。[默认：0]",
    "ISO 4217 code. [default: CNY]": "ISO 4217 货币代码。[默认：CNY]",
    "Decimals of the currency. [default: 2]": "货币的小数位数。[默认：2]",
    "Your name for this request. [default: made from the plan's name]": "您给这次请求取的名称。[默认：由计划名得出]",
    "List a ledger's plans.": "列出账本中的计划。",
    "Show a plan: its covenant, members and money.": "显示一个计划：互助公约、会员和资金。",
    "Print the covenant alone, whole, as a TOML file.": "只输出互助公约全文，TOML 格式。",
    "List the members of PLAN whose balance is low, and who have not left: whom to ask to pay in.": (
        "列出 PLAN 中余额不足且未退出的会员：应提醒谁充值。"
    ),
    "A line of CSV is slot,balance,missing, amounts in yuan; of JSON Lines the same by name, amounts "
    "in fen. What is missing brings her back to arrears.remind_below. Without FILE the first of them "
    "are shown; with --json, next is where the next page begins.": (
        "CSV 的一行是 slot,balance,missing，金额以元计；JSON Lines 中各项同名，金额以分计。missing "
        "是补足到 arrears.remind_below 所需的金额。不给出 FILE 时显示最前面的一些；使用 --json 时，"
        "next 是下一页的起点。"
    ),
    "Less than this, in yuan. [default: the covenant's remind_below]": (
        "低于此金额，以元计。[默认：公约的 remind_below]"
    ),
    "The form of the lines. [default: by FILE's name]": "各行的格式。[默认：依 FILE 的名称]",
    "How many to show.": "显示多少位。",
    "The first slot. [default: 0]": "第一个会员号。[默认：0]",
    "The last slot. [default: the plan's last]": "最后一个会员号。[默认：计划的最后一个]",
    "The K-th of N parts, for several processes at a time, e.g. 2/8.": (
        "N 份中的第 K 份，用于同时运行多个进程，例如 2/8。"
    ),
    "Put another covenant to the members' vote, where the covenant says that they vote.": (
        "在公约规定由会员表决时，把另一份公约交会员投票。"
    ),
    "Members vote by `mutualchain case vote`; what passes is carried out by `mutualchain run`.": (
        "会员用 `mutualchain case vote` 投票；通过的由 `mutualchain run` 执行。"
    ),
    "The covenant proposed, whole: a file.": "提议的互助公约全文：一个文件。",
    "Your own name for this request, e.g. an order number: repeated, it is recorded once.": (
        "您自己给这次请求取的名称，例如订单号：重复提交也只记录一次。"
    ),
    "Write the receipt, the proof that it was recorded, to this new file.": "把回执（已被记录的证明）写到这个新文件。",
    "Record the plan's next covenant. It has to give the notice that the present one asks for.": (
        "登记计划的下一版互助公约，须按现行公约规定的期限提前公布。"
    ),
    "The new covenant, whole: a file.": "新的互助公约全文：一个文件。",
    "The first day on which it is in force, by the covenant's own calendar.": "生效的第一天，依公约自己的日历。",
    "The proposal that the members passed, where they vote.": "会员投票通过的提案；在会员表决的计划中使用。",
    "Begin to wind a plan down (关停), or end it.": "开始关停一个计划，或使其终止。",
    "From the announcement on nobody joins, and aid can be requested for as long as the covenant says. "
    "A plan ends when no request, no case and no payment is outstanding; members' balances stay theirs "
    "to take out.": (
        "公告之后不再有人加入，互助金在公约规定的期限内仍可申请。没有未了的申请、案件和款项时，计划终止；"
        "会员的余额仍归会员，可以取出。"
    ),
    "What is published: its hash is recorded.": "公告的内容：记录其哈希。",
    "Record the closing statement: nothing is outstanding any more.": "登记清算公示：已没有未了事项。",
    "Show what a plan owes, to whom, and out of what it is paid (清算公示); closing or not.": (
        "显示计划欠谁多少、由什么支付（清算公示），不论是否正在关停。"
    ),
    "Play a covenant forward and draw headcount, share, surplus and lapses.": (
        "模拟公约未来的运行，画出分摊人数、分摊金额、结余和失效人数。"
    ),
    "COVENANT is a file or a name of `mutualchain plan catalogue`.": (
        "COVENANT 是文件，或 `mutualchain plan catalogue` 中的名称。"
    ),
    "Chance decides who falls ill, leaves and pays late; all else is the covenant's own rules. The result "
    "is as good as its assumptions, and promises nothing. A PNG needs matplotlib: install mutualchain[plot].": (
        "谁患病、退出、迟付由随机数决定，其余都依公约自己的规则。结果取决于所作的假设，不作任何承诺。"
        "输出 PNG 需要 matplotlib：安装 mutualchain[plot]。"
    ),
    "Members at first. [default: a million, or twice as many as the covenant's caps need]": (
        "最初的会员数。[默认：一百万，或公约封顶所需人数的两倍]"
    ),
    "Years to play.": "模拟的年数。",
    "The plan begins now: all are in their waiting period at first.": "计划从现在开始：起初所有人都在等待期内。",
    "New members a year, of those at first.": "每年新增会员，占最初会员数的比例。",
    "How many of those in leave a year.": "每年退出的会员比例。",
    "Illness a year and member, below each age. [default: 30:0.0001,40:0.0003,50:0.0006,60:0.0012,150:0.003]": (
        "各年龄以下每位会员每年的患病率。[默认：30:0.0001,40:0.0003,50:0.0006,60:0.0012,150:0.003]"
    ),
    "Accidents a year and member.": "每位会员每年的意外发生率。",
    "Of those with little who pay in.": "余额不足者中充值的比例。",
    "Collections by mandate that fail.": "代扣失败的比例。",
    "The same seed, the same run.": "种子相同，结果相同。",
    "Draw it into this new file too.": "同时画到这个新文件。",
}
