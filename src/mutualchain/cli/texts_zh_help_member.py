"""Help in Simplified Chinese: what a member types, and what every help has. The key is the English paragraph."""

from __future__ import annotations

__all__ = ["HELP"]

HELP: dict[str, str] = {
    "Usage:": "用法：",
    "Options": "选项",
    "Commands": "命令",
    "[OPTIONS]": "[选项]",
    "COMMAND": "命令",
    "[ARGS]...": "[参数]...",
    "Show this message and exit.": "显示此帮助后退出。",
    "required": "必填",
    "default:": "默认：",
    "env var:": "环境变量：",
    "Start here": "从这里开始",
    "Millions of members share one case, and one of them checks it.": "几百万会员分摊一个案件，其中一人核验结果。",
    "What an error code means and what to do; what a word means.": "错误代码的含义与处理办法；词语的含义。",
    "What a command prints with --json, as a JSON schema.": "命令用 --json 输出的内容，以 JSON schema 表示。",
    "Completion of commands and options for your shell.": "为您的 shell 补全命令和选项。",
    "For members": "会员使用",
    "Your key to your own record.": "查阅自己记录的个人密钥。",
    "Check your own record, offline, with your own key.": "用自己的密钥离线核验自己的记录。",
    "Check one case that everybody is shown.": "核验一个向所有人公示的案件。",
    "Open any file readably: record, receipt, disclosure; nothing is checked.": (
        "以可读的形式打开任何文件：记录、回执、公示文件等；不作核验。"
    ),
    "A file, or the link to it, as a QR code: on the terminal, SVG or PNG.": (
        "把文件或其链接做成二维码：显示在终端，或存为 SVG、PNG。"
    ),
    "For everybody who compares": "供任何人比对",
    "Whether two records, receipts or ledgers show one book.": "判断两份记录、回执或账本是否同属一本账。",
    "Who signed two books, or one that breaks its rules.": "核验证据：谁签署了两本账，或一本违反规则的账。",
    "Follow published ledgers, and raise the alarm.": "持续监测公开账本，发现问题即告警。",
    "A trust file: make it, show it, and check what it is worth.": "信任文件：制作、查看，并评估其效力。",
    "Check one field of a member's data that was opened to you.": "核验向您公开的一项会员资料。",
    "For auditors": "审计人员使用",
    "Replay the whole chain and report everything that is wrong.": "重放整条链，报告全部问题。",
    "An auditor's key, to which sealed rows are encrypted.": "审计人员的密钥，封存的行加密给它。",
    "What a ledger holds: plans, members, rounds, money.": "账本里有什么：计划、会员、各期、资金。",
    "For institutions that witness one another": "互相见证的机构使用",
    "Cosign other logs' checkpoints, and never two that disagree.": "为其他日志的检查点联署，绝不联署互相矛盾的两个。",
    "The operator's ledger": "运营方的账本",
    "A new ledger, its keys, and the trust file for members.": "建立新账本、密钥，以及交给会员的信任文件。",
    "The operator's keys: show them, and change them.": "运营方的密钥：查看与更换。",
    "Have the newest head cosigned by the witnesses of the trust file.": "请信任文件中的见证方为最新的账本头联署。",
    "Write a ledger as files for everyone, for any web server.": "把账本写成人人可读的文件，任何网站服务器都能提供。",
    "Copy a ledger while it is being written to.": "在写入的同时备份账本。",
    "A new ledger from a backup, checked.": "从备份恢复出新账本，并加以检查。",
    "The operator's plans and members": "运营方的计划与会员",
    "Covenants, and the plans that run under them.": "互助公约，以及按公约运行的计划。",
    "A covenant played forward: headcount, share, surplus, lapses.": (
        "模拟公约未来的运行：分摊人数、分摊金额、结余、失效。"
    ),
    "Requests to join: your key for them, and your invitations.": "加入申请：受理密钥与加入邀请。",
    "Record new members: one, or a CSV file of many.": "登记新会员：一人，或 CSV 文件中的多人。",
    "Record money in: for one member, or a CSV file of many.": "登记入账：为一位会员，或 CSV 文件中的多人。",
    "Record money out, on the member's own signature.": "凭会员本人签名登记取款。",
    "Record that a member leaves, on her own signature.": "凭会员本人签名登记退出。",
    "A member's key handed over, or a lost one replaced.": "移交会员的密钥，或更换遗失的密钥。",
    "Members' personal data, apart from the ledger; erased on demand.": (
        "会员的个人资料，与账本分开存放，可按要求删除。"
    ),
    "The operator's cases and rounds": "运营方的案件与各期",
    "Who may vouch, keep the money and lend: roles and keys.": "谁可以核实、存管、垫付：机构的角色与密钥。",
    "The life of a case, from the request to the last payment.": "案件的全过程，从申请到最后一笔发放。",
    "Open and settle a round; show and list rounds.": "开启并结算一期；查看与列出各期。",
    "Let the plans run: do what their covenants demand when it comes due.": "让计划自行运行：到期执行公约要求的事项。",
    "What a custodian holds, compared with the ledger.": "存管方持有的资金与账本对照。",
    "What the operator hands out": "运营方交给会员的文件",
    "Write a member's record, for her to check.": "写出一位会员的记录，供其核验。",
    "Write the records of all members of a plan.": "写出一个计划全部会员的记录。",
    "Write what to tell each member of a round, for you to send.": "写出每期给每位会员的通知，由您发送。",
    "A receipt again, with the witnesses' cosignatures.": "重新写出回执，附上见证方的联署。",
    "Write one case as a file that anybody can check.": "把一个案件写成任何人都能核验的文件。",
    "Write all cases of a round so, with an index.": "把一期的全部案件写成公示文件，并附索引。",
    "An append-only, signed ledger with which a mutual-aid platform proves itself to its members.": (
        "一本只能追加、带有签名的账本，网络互助平台用它向会员自证清白。"
    ),
    "Operators record members, deductions and payouts in it; every member checks her own record by herself; "
    "anybody who has the ledger can replay all of it. It is not insurance: members of a plan share one "
    "another's aid.": (
        "运营方把会员、扣款和发放写进账本；每位会员可自行核验自己的记录；任何持有账本的人都可以重放全部内容。"
        "这不是保险：计划的会员互相分摊互助金。"
    ),
    "Examples:": "示例：",
    "Every option can be set by an environment variable: MUTUALCHAIN_, the command, the option, e.g. "
    "MUTUALCHAIN_AUDIT_WORKERS=2; MUTUALCHAIN_LANG, MUTUALCHAIN_TZ, MUTUALCHAIN_KEYS, MUTUALCHAIN_PINS "
    "and MUTUALCHAIN_DEBUG hold for all.": (
        "每个选项都可以用环境变量设定：MUTUALCHAIN_、命令、选项依次相连，例如 MUTUALCHAIN_AUDIT_WORKERS=2；"
        "MUTUALCHAIN_LANG、MUTUALCHAIN_TZ、MUTUALCHAIN_KEYS、MUTUALCHAIN_PINS、MUTUALCHAIN_DEBUG 对所有命令有效。"
    ),
    "`mutualchain explain WORD` says what a word means here, such as slot, head, quorum or sealed.": (
        "`mutualchain explain WORD` 说明词语在这里的含义，例如会员号、账本头、法定人数、封存。"
    ),
    "Exit codes: 0 verified or done, 1 tampered, 2 usage, 3 could not check, 4 rollback or split view.": (
        "退出码：0 核验通过或执行成功，1 内容被篡改，2 用法错误，3 无法核验，4 账本被回退或分叉。"
    ),
    "Show the version and exit.": "显示版本后退出。",
    "Show the traceback of an unexpected error.": "遇到意外错误时显示调用栈。",
    "Language of help, results and errors. [default: MUTUALCHAIN_LANG, else the locale's]": (
        "帮助、结果和错误信息的语言。[默认：MUTUALCHAIN_LANG，否则依语言环境]"
    ),
    "Show the whole thing, in well under a minute, on a ledger that is thrown away afterwards.": (
        "在一个用后即弃的账本上演示全部流程，用时远不到一分钟。"
    ),
    "Five million members prepay 10 yuan each and share a case of 300,000 yuan: 0.06 yuan each. Two "
    "million more join, two more rounds follow. One member's record is written, and checked as she would "
    "check it; five forgeries of it are refused, each with its reason. The chain is audited, and so "
    "is a copy of it in which one byte was changed.": (
        "五百万会员每人预存 10 元，分摊一个 300,000 元的案件：每人 0.06 元。又有两百万人加入，再进行两期。"
        "写出一位会员的记录，像会员本人那样核验；五种伪造逐一被拒绝，并说明理由。审计整条链，再审计一份被改了一个"
        "字节的副本。"
    ),
    "Members at the start.": "起始会员数。",
    "Keep everything in this new folder, to try commands on it.": "把全部内容保留在这个新文件夹中，供您试用各种命令。",
    "Time zone of dates shown, e.g. Asia/Shanghai. [default: this machine's]": (
        "所示日期的时区，例如 Asia/Shanghai。[默认：本机时区]"
    ),
    "Print one JSON document instead of text.": "输出一个 JSON 文档，而不是文字。",
    "Explain an error CODE, e.g. MC-013: what it means, and what to do. Or a WORD that screens and help use.": (
        "说明错误代码 CODE（例如 MC-013）的含义与处理办法，或界面与帮助中所用的词语 WORD。"
    ),
    "All codes.": "全部代码。",
    "All words: a small glossary.": "全部词语：一份小词表。",
    "Show the JSON schema of what COMMAND prints with --json; `error` is what any command prints that fails.": (
        "显示命令 COMMAND 用 --json 输出的内容的 JSON schema；`error` 是任何命令失败时的输出。"
    ),
    "Within a schema, a $ref names another one of this command. Fields are only ever added.": (
        "schema 中的 $ref 指向可用本命令显示的另一个 schema。字段只增不减。"
    ),
    "Print the completion script for SHELL, to be written where the shell looks for it.": (
        "输出 SHELL 的补全脚本，请写到该 shell 查找的位置。"
    ),
    "zsh looks into ~/.zfunc where ~/.zshrc says `fpath+=~/.zfunc; autoload -Uz compinit; compinit`. "
    "A shell that is started then completes.": (
        "如果 ~/.zshrc 中有 `fpath+=~/.zfunc; autoload -Uz compinit; compinit`，zsh 会在 ~/.zfunc 中查找。"
        "新启动的 shell 即可补全。"
    ),
    "Your key (个人密钥) to your own record, made on your own device.": (
        "您的个人密钥，在自己的设备上生成，用于查阅和核验自己的记录。"
    ),
    "Make a passport in the new file FILE, and show the 24 words from which it can be made again.": (
        "在新文件 FILE 中生成个人密钥，并显示可用来恢复它的 24 个助记词。"
    ),
    "It holds a secret that only you have, from which a key for every plan is made, and the trust file "
    "with which you will check what you are shown. Write the 24 words down on paper: nobody else can "
    "make it again for you.": (
        "其中有只归您所有的秘密，每个计划的密钥由它派生；还有信任文件，用来核验给您看的内容。请把 24 "
        "个助记词抄在纸上：别人无法替您重新生成。"
    ),
    "The platform's trust file, kept in the passport.": "平台的信任文件，保存在个人密钥文件里。",
    "Language of the 24 words. [default: that of the result]": "24 个助记词的语言。[默认：与结果相同]",
    "Lock it with a passphrase, from MUTUALCHAIN_PASSPHRASE or asked for. [default: ask on a terminal]": (
        "用口令加锁，口令取自 MUTUALCHAIN_PASSPHRASE 或当场询问。[默认：在终端上询问]"
    ),
    "Ask to join the plan of an INVITATION: you agree to its covenant, and sign what you say of yourself.": (
        "申请加入 INVITATION（加入邀请）所述的计划：您同意其互助公约，并对您的声明签名。"
    ),
    "The request is sealed: only the operator can read it. On the ledger there will be a commitment "
    "to your claims, which says nothing about you, and which only you and the operator can open, one "
    "claim at a time.": (
        "申请已加密：只有运营方能读。账本上只有对您的声明的承诺值，它不透露您的任何信息，只有您和运营方能逐项公开。"
    ),
    "Your name.": "您的姓名。",
    "Your ID number.": "您的证件号码。",
    "Your date of birth.": "您的出生日期。",
    "What you declare of your health.": "您的健康声明。",
    "Who holds this passport: anybody but the member herself weakens what her record proves.": (
        "谁保管这份个人密钥：若不是会员本人，记录的证明力会减弱。"
    ),
    "How often you had joined the plan before.": "您此前加入过该计划的次数。",
    "You have read the covenant and agree to it; else you are asked.": "您已阅读互助公约并同意；否则会当场询问。",
    "The request to write.": "要写出的申请文件。",
    "Sign a withdrawal, an exit, a ballot, or what you say about your case or key, on your own device.": (
        "在自己的设备上签名：取款、退出、选票，或关于自己案件或密钥的声明。"
    ),
    "It is shown in words first. Whatever is no such statement, or for another plan or book than yours, is refused.": (
        "签名之前先用文字说明内容。不是这类声明，或不属于您的互助计划或账本的内容，一律拒绝签名。"
    ),
    "The platform's command prints the message with --message, and takes the signature back with "
    "--signature, as digits or as @signature.txt.": (
        "平台的命令用 --message 输出待签内容，用 --signature 收回签名：十六进制字符，或 @signature.txt。"
    ),
    "Your record: book, plan, slot and key are held against it.": "您的记录：用来核对账本、互助计划、会员号和密钥。",
    "The plan that you mean: the message has to be for it.": "您所指的互助计划：待签内容必须属于它。",
    "You know what you sign: do not ask.": "您清楚所签的内容：不再询问。",
    "Write the signature to this new file.": "把签名写入这个新文件。",
    "Show your public key and address for a plan: what you give the platform when you join.": (
        "显示您在某个计划中的公钥和地址：加入时交给平台。"
    ),
    "Example:": "示例：",
    "The plan you want to join, or are in.": "您想加入或已加入的计划。",
    "The book, where the passport trusts more than one.": "账本名称；个人密钥信任多个账本时须指明。",
    "Show the 24 words of a passport again, to write them down.": "再次显示个人密钥的 24 个助记词，供您抄写。",
    "Make a lost passport again, in the new file FILE, from its 24 words (English or Chinese).": (
        "凭 24 个助记词（英文或中文）在新文件 FILE 中重新生成遗失的个人密钥。"
    ),
    "A text file of the 24 words, instead of being asked.": "写有 24 个助记词的文本文件；不给出则当场询问。",
    "Write the passport FILE to a new file with another passphrase, or with none.": (
        "把个人密钥 FILE 另存为新文件，换用别的口令或不用口令。"
    ),
    "FILE stays as it is: delete it once the new one is in its place.": "FILE 保持原样：新文件就位后请把它删除。",
    "The new file to write.": "要写出的新文件。",
    "With a new passphrase, or with none. [default: with one]": "使用新口令，或不用口令。[默认：使用]",
    "Check your own record, with nothing but the file and your key.": "只用这个文件和您的密钥核验自己的记录。",
    "Everything is computed from what the book's log signed: that you are in it, since when, every round "
    "since then and what you shared, every payment, your balance; that nothing was left out, and that "
    "everybody owed the same.": (
        "一切都由账本日志所签署的内容计算得出：您在账本中、何时加入、此后的每一期及您的分摊、每一笔资金、"
        "您的余额；没有遗漏，人人应付相同。"
    ),
    "The newest book you accepted is kept, and the next record must continue it. Where a record does "
    "not reach that book, the message says which one to ask for; or --published names the published "
    "ledger that shows it.": (
        "您认可的最新账本会被保存，下一份记录必须是它的延续。记录未能延续到那本账时，提示会说明应索取哪一份；"
        "也可用 --published 指明能证明这一点的公开账本。"
    ),
    "The exit code is the verdict: 0 verified, 1 tampered, 3 could not check, 4 rollback or split view. "
    "Where what was signed contradicts itself, the evidence is written beside the record.": (
        "退出码即结论：0 核验通过，1 内容被篡改，3 无法核验，4 账本被回退或分叉。若已签名的内容自相矛盾，"
        "证据会写在记录旁边。"
    ),
    "Your passport: your key, and whom you trust.": "您的个人密钥：既是您的密钥，也写明您信任谁。",
    "The trust file. [default: the passport's own]": "信任文件。[默认：个人密钥中的信任文件]",
    "Your public key, in place of the passport.": "您的公钥，用来代替个人密钥。",
    "A record, receipt or checkpoint you kept: this record must continue its book.": (
        "您保存的记录、回执或检查点：这份记录必须是那本账的延续。"
    ),
    "A claim of yours that the platform opened to you, such as who holds your key (key_holder).": (
        "平台向您出示的一项声明，例如密钥由谁保管（key_holder）。"
    ),
    "A published ledger that shows how the book went on.": "能证明账本如何延续的公开账本。",
    "Where the newest book you accepted is kept. [default: your own state folder]": (
        "保存您所认可的最新账本的位置。[默认：您自己的状态文件夹]"
    ),
    "Neither hold the record against the book you saw before, nor keep it for the next time.": (
        "既不与您以前看到的账本比较，也不为下次保存。"
    ),
    "Refuse a record that is older, e.g. 2d or 36h. [default: the trust file's, else 92d]": (
        "拒绝比这更旧的记录，例如 2d（2 天）或 36h（36 小时）。[默认：依信任文件，否则 92d]"
    ),
    "Where to write evidence. [default: evidence-....mce beside it]": (
        "证据写到哪里。[默认：记录旁边的 evidence-....mce]"
    ),
    "Check one case that is shown to everybody, with nothing but the file and the log's key.": (
        "只用这个文件和日志的公钥，核验一个向所有人公示的案件。"
    ),
    "Everything is computed from what the book's log signed: since when the claimant was a member, who "
    "vouched, whether each step was allowed then, what everybody shared and what was paid.": (
        "一切都由账本日志所签署的内容计算得出：申请人何时成为会员、由谁核实、每一步当时是否允许、人人分摊多少、"
        "发放了多少。"
    ),
    "The newest book you accepted is kept, and the next file must continue it. It does where it was "
    "made with --since the last ones; else --published names the published ledger that shows it.": (
        "您认可的最新账本会被保存，下一个文件必须是它的延续。用 --since 指明上一个文件来出具即可证明这一点；"
        "否则请用 --published 指明能证明这一点的公开账本。"
    ),
    "The exit code is the verdict: 0 verified, 1 tampered, 3 could not check, 4 rollback or split view. "
    "Where what was signed contradicts itself, the evidence is written beside the file.": (
        "退出码即结论：0 核验通过，1 内容被篡改，3 无法核验，4 账本被回退或分叉。若已签名的内容自相矛盾，"
        "证据会写在文件旁边。"
    ),
    "Your passport: its trust file, where --trust names none.": "您的个人密钥：没有 --trust 时，用其中的信任文件。",
    "Your passport: whom you trust, and whose --record it is.": "您的个人密钥：您信任谁，以及 --record 是谁的记录。",
    "Your own record: the answer says what you shared.": "您自己的记录：结果会说明您分摊了多少。",
    "A disclosure, record, receipt or checkpoint you kept: this file must continue its book.": (
        "您保存的公示文件、记录、回执或检查点：这个文件必须是那本账的延续。"
    ),
    "A photograph or report shown with the case: whether it is the one that was committed to. Repeatable.": (
        "与案件一同展示的照片或报告：核对它是否为公示时承诺的那一份。可重复给出。"
    ),
    "Refuse a file that is older, e.g. 2d or 36h.": "拒绝比这更旧的文件，例如 2d（2 天）或 36h（36 小时）。",
    "Show what a file of any kind says: record, receipt, disclosure, evidence, passport, trust file, "
    "checkpoint, pin.": ("显示任何一种文件的内容：记录、回执、公示文件、证据、个人密钥、信任文件、检查点、存照。"),
    "NOTHING is checked: the command that is named at the end does that.": "不作任何核验：末尾所列的命令才作核验。",
    "Show FILE as a QR code on the terminal, or write it as a picture; or read one back.": (
        "把 FILE 显示为终端上的二维码，或存为图片；也可以把二维码读回文件。"
    ),
    "Receipts, checkpoints and small records fit. A passport is never shown: every camera would have it.": (
        "回执、检查点和小的记录放得下。个人密钥绝不显示：任何摄像头都会把它拍走。"
    ),
    "A file of up to 2,855 bytes is in the code itself; of a larger one, the code holds the link and "
    "the file's SHA-256.": ("不超过 2,855 字节的文件直接写入二维码；更大的文件，二维码中是链接和文件的 SHA-256。"),
    "Write a picture, FILE.svg or FILE.png.": "写出图片 FILE.svg 或 FILE.png。",
    "Where the file can be fetched: the code holds the link in place of it.": (
        "可以下载该文件的地址：二维码中放链接，不放文件本身。"
    ),
    "FILE is the text that a camera read: write the file in it to --output.": (
        "FILE 是扫码得到的文字：把其中的文件写到 --output。"
    ),
    "Replace the output if it is there.": "如果输出文件已存在，则替换它。",
    "Write all cases of a round as files that anybody can check, with an index of them: a platform's "
    "page of a period.": ("把一期的全部案件写成任何人都能核验的文件，并附索引：即平台的一期公示页。"),
    "All are under one checkpoint, and each is checked as a reader will check it before it is written. "
    "The ledger's logs are read once, however many cases there are. The index is written last.": (
        "全部文件都在同一个检查点之下，每个文件写出之前都像读者那样核验一遍。不论有多少案件，账本的日志只读一次。"
        "索引最后写出。"
    ),
    "FOLDER gets a file for each case, named by the first 16 digits of its name, and index.json, which "
    "lists them. What is shown of a person is what `case mask` kept in the vault, or a file of the same "
    "name in --fields.": (
        "FOLDER 中每个案件一个文件，以案件名称的前 16 个字符命名，并有列出它们的 index.json。关于个人所显示的，"
        "是 `case mask` 保存在资料库中的内容，或 --fields 中同名的文件。"
    ),
    "All cases that this round shared, counted from 1.": "该期分摊的全部案件；期数从 1 起计。",
    "Or these cases. Repeatable.": "或指定的案件，可重复给出。",
    "Masked fields, a file CASE.json for each. [default: the vault's]": (
        "脱敏内容，每个案件一个文件 CASE.json。[默认：资料库中的内容]"
    ),
}
