"""Help in Simplified Chinese: for whoever compares, audits or witnesses. The key is the English paragraph."""

from __future__ import annotations

__all__ = ["HELP"]

HELP: dict[str, str] = {
    "Say whether A and B show one book: the same, one continuing the other, or a split.": (
        "判断 A 和 B 是否同属一本账：相同、一个延续另一个，或者分叉。"
    ),
    "Each is a record, a disclosure, a receipt, a checkpoint, a published ledger (a folder or an address), "
    "or an address that ends in /checkpoint, such as a witness's. Whoever compares what he was shown "
    "with what others were shown leaves an operator no room for two books.": (
        "A、B 可以是记录、公示文件、回执、检查点、公开账本（文件夹或网址），或以 /checkpoint 结尾的网址，"
        "例如见证方的网址。把自己看到的与别人看到的相比较，运营方就没有余地做两本账。"
    ),
    "Exit codes: 0 the same book, or one continues the other; 4 split, and the evidence is written; "
    "3 cannot tell, or could not check; 1 something given does not match what was signed; 2 usage.": (
        "退出码：0 同一本账，或一个延续另一个；4 分叉，并写出证据；3 无法判断或无法核验；1 所给的内容与签名不符；"
        "2 用法错误。"
    ),
    "A trust file with the log's key.": "含有该日志密钥的信任文件。",
    "Where to write the evidence of a split. [default: evidence-....mce in this folder]": (
        "分叉的证据写到哪里。[默认：当前文件夹中的 evidence-....mce]"
    ),
    "Check evidence against an operator or a witness, with nothing but the file and their keys.": (
        "只用这个文件和有关各方的公钥，核验针对运营方或见证方的证据。"
    ),
    "Evidence is made of signed statements that contradict each other, or of a signed book that breaks "
    "its own rules. Who made the file does not matter: whoever signed both statements is convicted by "
    "his own signatures, and an edited file convicts nobody.": (
        "证据由互相矛盾的已签名声明构成，或者是一本违反自身规则的已签名账本。文件由谁制作并不重要："
        "签署了两份声明的人，由其自己的签名证明；被改动过的文件不能证明任何人有过错。"
    ),
    "Exit codes: 4 somebody is convicted; 1 the file is no evidence, and convicts nobody; 3 could not "
    "check, for example because the trust file does not name whom it is about; 2 usage. Never 0.": (
        "退出码：4 证据成立；1 该文件不构成证据；3 无法核验，例如信任文件没有写明所涉及的一方；2 用法错误。绝不为 0。"
    ),
    "A trust file with the keys of operator and witnesses.": "含有运营方和见证方密钥的信任文件。",
    "Follow published ledgers: that they grow and never shrink, continue what they showed, and are fresh.": (
        "持续监测公开账本：只增不减，延续以前所示的内容，并且保持最新。"
    ),
    "A SOURCE is a published ledger (a folder or an address), an address that ends in /checkpoint, such "
    "as a witness's, or a checkpoint, record or receipt that somebody kept. All sources of one log are "
    "compared with each other. Where two books contradict each other, the evidence is written at once. "
    "SIGTERM and SIGINT end it after the present look.": (
        "SOURCE 是公开账本（文件夹或网址）、以 /checkpoint 结尾的网址（例如见证方的网址），或有人保存的检查点、"
        "记录、回执。同一日志的所有来源互相比较；一旦两本账互相矛盾，立即写出证据。收到 SIGTERM 或 "
        "SIGINT 时，完成当前这次查看后结束。"
    ),
    "Exit codes, by the most serious alarm that stands at the end: 0 none; 4 split or rollback; 1 what "
    "is published does not match what was signed, or breaks a rule; 3 stale, without quorum or unreachable, "
    "or the hook failed; 2 usage. docs/monitor.md says more.": (
        "退出码按结束时最严重的告警：0 无；4 分叉或回退；1 公布的内容与签名不符，或违反规则；3 过旧、"
        "未达法定人数、无法访问，或告警程序失败；2 用法错误。详见 docs/monitor.md。"
    ),
    "A trust file with the logs' keys and witnesses.": "含有日志密钥和见证方的信任文件。",
    "Where to remember what was seen. [default: nowhere]": "把看到的内容记在哪里。[默认：不记录]",
    "Look once and end.": "查看一次即结束。",
    "From one look to the next.": "两次查看的间隔。",
    "Alarm where nobody has confirmed a book as the newest for so long. [default: 3h where a quorum cosigns]": (
        "超过这么久没有人确认账本为最新时告警。[默认：有法定人数联署时为 3h]"
    ),
    "Run this for every alarm and its end, with JSON on its standard input.": (
        "每次告警及其解除时运行此命令，JSON 由标准输入传入。"
    ),
    "Where to write evidence. [default: beside the state, or here]": (
        "证据写到哪里。[默认：状态文件旁边，否则当前位置]"
    ),
    "The file that says whom somebody trusts: a log's keys, witnesses, and how many must have seen a book.": (
        "写明信任谁的文件：日志的密钥、见证方，以及须有多少见证方看到同一本账。"
    ),
    "Hand it to members and auditors on a way that does not lead through the ledger's own server. docs/trust.md "
    "explains every line.": ("请通过不经过账本服务器的渠道交给会员和审计人员。docs/trust.md 逐行说明。"),
    "Write a trust file to the new file FILE.": "把信任文件写到新文件 FILE。",
    "One under which two histories could both be believed with no witness lying is not written; --quorum "
    "none asks for no witness at all. It is a text of a few lines: later, change it in an editor, and "
    "check it.": (
        "如果无须任何见证方说谎，两段历史就能同时被采信，这样的文件不会写出；--quorum none 表示不要求见证方。"
        "它只有几行文字：以后可用编辑器修改，再检查一遍。"
    ),
    "Begin with what another trust file says.": "以另一份信任文件的内容为起点。",
    "A log's key, whose name is its origin.": "日志的公钥，其名称即账本名称。",
    "A witness.": "一个见证方。",
    "K (or all, any) of witnesses and groups.": "若干见证方和组中的 K 个（或 all 全部、any 任一）。",
    "Who must have seen a checkpoint: a name, or how many of all.": "检查点须由谁看到：一个名称，或总数中的几个。",
    "From when a log's key counts.": "日志密钥自何时起有效。",
    "Until when: a day, a time in UTC, or now.": "至何时为止：某一天、某个 UTC 时间，或 now。",
    "How old the witnesses' word may be, e.g. 36h or 3d.": "见证时间最久可在多久之前，例如 36h 或 3d。",
    "Write over FILE.": "覆盖 FILE。",
    "Show what a trust file says: keys and their times, witnesses, groups, the quorum.": (
        "显示信任文件的内容：密钥及其有效时间、见证方、组、法定人数。"
    ),
    "Work out what a trust file is worth: how many witnesses must lie before two histories can both be believed.": (
        "评估信任文件的效力：要有多少见证方说谎，两段历史才可能同时被采信。"
    ),
    "Every honest witness cosigns one history only, so all who stand in both quorums must lie. The smallest "
    "such number is computed exactly, for nested groups too.": (
        "诚实的见证方只联署一段历史，所以同时在两组法定见证方中的成员都必须说谎。最小的人数是精确计算的，"
        "嵌套的组也一样。"
    ),
    "Exit codes: 0 for a file that holds, with or without doubts; 2 for one under which two histories "
    "can both be believed with no witness lying, and with --strict for one with doubts.": (
        "退出码：0 文件成立，不论有无疑问；2 无须任何见证方说谎两段历史就能同时被采信，或在 --strict 下仍有疑问。"
    ),
    "Witnesses that may lie, or be robbed.": "可能说谎或密钥被盗的见证方数目。",
    "Refuse a file that leaves doubts.": "有疑问的文件一律拒绝。",
    "Replay the whole chain of LEDGER, read-only, and report everything that is wrong, never only the first thing.": (
        "只读地重放 LEDGER 的整条链，报告全部问题，而不只是第一个。"
    ),
    "Checked are every link, signature, hash, counter and rule, and every row: that everybody owed the "
    "same, that nothing was left out, that money adds up. It may run on a backup, or while a writer "
    "is at work.": (
        "检查每一处链接、签名、哈希、计数、规则和每一行：人人应付相同、没有遗漏、资金相符。可以审计备份，"
        "也可以在写入的同时审计。"
    ),
    "LEDGER may also be a published ledger, a folder or an http(s) address: then everything is replayed "
    "but the sealed rows (credits, withdrawals, exits, notices), and with --sealed and --key those too.": (
        "LEDGER 也可以是公开账本（文件夹或网址）：此时重放除封存的行（充值、取款、退出、通知）以外的全部内容；"
        "加上 --sealed 和 --key 则连这些也重放。"
    ),
    "The exit code is the verdict: 0 verified, 1 tampered, 3 could not check.": (
        "退出码即结论：0 核验通过，1 内容被篡改，3 无法核验。"
    ),
    "The operator's trust file. [default: LEDGER.trust beside it]": (
        "运营方的信任文件。[默认：账本旁边的 LEDGER.trust]"
    ),
    "Processes that check rows.": "核查各行的进程数。",
    "The auditor's part of a published ledger: its sealed rows.": "公开账本中供审计的部分：封存的行。",
    "The auditor's key, which opens that part.": "审计人员的密钥，用来打开那一部分。",
    "Keep what was fetched of a published ledger in this folder, for the next time.": (
        "把从公开账本取得的内容保存在这个文件夹，供下次使用。"
    ),
    "The vault with members' personal data. [default: LEDGER-vault, beside the ledger]": (
        "存放会员个人资料的资料库。[默认：账本旁边的 LEDGER-vault]"
    ),
    "The vault's master key. [default: master.key in the vault]": "资料库的主密钥。[默认：资料库中的 master.key]",
    "An auditor's key: what an operator encrypts the sealed rows to.": "审计人员的密钥：运营方把封存的行加密给它。",
    "Make a key in the new file FILE, under a passphrase.": "在新文件 FILE 中生成一把受口令保护的密钥。",
    "The operator gets its public half only, one word, and hands out the sealed rows encrypted to it. "
    "The file stays with you: whoever has it and its passphrase reads what every member paid in and "
    "took out. The passphrase is asked for, or taken from MUTUALCHAIN_AUDITOR_PASSPHRASE.": (
        "运营方只得到公钥（一个词），并把封存的行加密给它后交出。文件由您自己保管：得到它和口令的人，"
        "能读到每位会员存入和取出的金额。口令当场询问，或取自 MUTUALCHAIN_AUDITOR_PASSPHRASE。"
    ),
    "Show the public half of a key: what you give the operator. No passphrase is needed.": (
        "显示密钥的公开部分，即交给运营方的内容。无须口令。"
    ),
    "Show what LEDGER holds: the chain, its newest checkpoint, plans, members, rounds and money.": (
        "显示 LEDGER 的内容：链、最新的检查点、计划、会员、各期和资金。"
    ),
    "Figures are taken from what is stored; `mutualchain audit` checks that they are true.": (
        "数字取自已存储的内容；它们是否属实，由 `mutualchain audit` 检查。"
    ),
    "Witness other logs: cosign what extends what you saw, so that nobody can show two histories.": (
        "见证其他日志：联署能延续已见内容的检查点，使任何人都无法出示两段历史。"
    ),
    "CONFIG is the witness's configuration, a TOML file, or MUTUALCHAIN_WITNESS_CONFIG names it. docs/witness.md "
    "leads from nothing to a running witness in ten minutes.": (
        "CONFIG 是见证方的配置（TOML 文件），也可由 MUTUALCHAIN_WITNESS_CONFIG 指明。按照 docs/witness.md，"
        "十分钟即可从零开始运行一个见证方。"
    ),
    "Make the witness's key and its state, once, where CONFIG says.": (
        "按 CONFIG 所写的位置生成见证方的密钥和状态，只做一次。"
    ),
    "The key file is encrypted under the passphrase. The state remembers what was cosigned: never restore "
    "it from a backup, and never serve one key from two states.": (
        "密钥文件以口令加密。状态记录已联署的内容：绝不要从备份恢复它，也绝不要用两份状态提供同一把密钥。"
    ),
    "Write CONFIG too, for a witness of this name: a URL without its scheme.": (
        "同时写出 CONFIG；NAME 是见证方的名称，即不带协议部分的网址。"
    ),
    "127.0.0.1:8380, [::1]:8380 or unix:PATH. [default: the configuration's]": (
        "127.0.0.1:8380、[::1]:8380 或 unix:PATH。[默认：依配置]"
    ),
    "The key file's passphrase, in a file that only you can read. [default: the configuration's, else "
    "MUTUALCHAIN_WITNESS_PASSPHRASE, else you are asked]": (
        "密钥文件的口令，写在只有您能读取的文件里。[默认：依配置，否则 MUTUALCHAIN_WITNESS_PASSPHRASE，否则当场询问]"
    ),
    "Show the witness's public key, and the line for a trust file. No passphrase is asked for.": (
        "显示见证方的公钥，以及信任文件中的那一行。不询问口令。"
    ),
    "Where the witness takes checkpoints, to stand in the line.": "见证方接收检查点的网址，写入那一行。",
    "Witness the log ORIGIN, whose key is VKEY; or take a further key of it, while the log changes its key.": (
        "见证日志 ORIGIN，其公钥为 VKEY；或在日志更换密钥期间再接受它的另一把公钥。"
    ),
    "Have the key from its operator by a way that you trust. A running witness takes it over with SIGHUP "
    "(systemctl reload mutualchain-witness).": (
        "请通过您信任的途径从其运营方取得公钥。运行中的见证方收到 SIGHUP（systemctl reload mutualchain-witness）即"
        "采用。"
    ),
    "Witness the log ORIGIN no more; or take its key VKEY away, after the log has changed its key.": (
        "不再见证日志 ORIGIN；或在日志更换密钥之后去掉它的公钥 VKEY。"
    ),
    "What was cosigned stays in the state: added again, the log goes on where it was.": (
        "已联署的内容保留在状态里：再次加入时，日志从原处继续。"
    ),
    "Serve the witness until it is told to stop. Needs the extra: pip install 'mutualchain[witness]'.": (
        "提供见证服务，直到要求停止为止。需要附加组件：pip install 'mutualchain[witness]'。"
    ),
    "Put a reverse proxy with TLS in front of it; examples/witness has its configuration, and a systemd unit.": (
        "请在前面放置带 TLS 的反向代理；examples/witness 中有其配置和 systemd 单元。"
    ),
    "SIGTERM ends it when what is in flight is finished; SIGHUP reads logs and limits of CONFIG again.": (
        "收到 SIGTERM 时，完成正在处理的请求后结束；收到 SIGHUP 时，重新读取 CONFIG 中的日志和限额。"
    ),
    "Show what the witness has cosigned of each log, from its state, while it may be serving.": (
        "从状态中显示见证方为各日志联署的内容，服务运行时也可以。"
    ),
    "With --max-age the exit code is 3 when a log's newest cosignature is older, or there is none.": (
        "使用 --max-age 时，若某个日志最新的联署更旧，或没有联署，退出码为 3。"
    ),
    "Call a log late whose newest cosignature is older, e.g. 2h or 3d.": (
        "日志最新的联署若比这更旧，则视为迟延，例如 2h 或 3d。"
    ),
}
