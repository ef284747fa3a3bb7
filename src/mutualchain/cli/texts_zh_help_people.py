"""Help in Simplified Chinese: members, institutions and the files they get. The key is the English paragraph."""

from __future__ import annotations

__all__ = ["HELP"]

HELP: dict[str, str] = {
    "Requests to join: your key for them, and the invitations that you hand out.": (
        "加入申请：受理密钥，以及您发出的加入邀请。"
    ),
    "Make the key in the new file FILE, under a passphrase: people seal their requests to its public half.": (
        "在新文件 FILE 中生成受口令保护的受理密钥：申请加密给它的公开部分。"
    ),
    "The passphrase is asked for, or taken from MUTUALCHAIN_INTAKE_PASSPHRASE.": (
        "口令当场询问，或取自 MUTUALCHAIN_INTAKE_PASSPHRASE。"
    ),
    "Show the public half of the key in FILE. No passphrase is needed.": "显示 FILE 中密钥的公开部分。无须口令。",
    "Write an invitation to PLAN: its covenant, and the public half of your key. Everybody may have it.": (
        "写出计划 PLAN 的加入邀请：互助公约和您的受理公钥。任何人都可以持有。"
    ),
    "The key that requests are sealed to.": "申请所加密给的受理密钥。",
    "The file to write.": "要写出的文件。",
    "Record new members of PLAN: one with --public-key or --join-request, or a file of many with --csv.": (
        "登记 PLAN 的新会员：用 --public-key 或 --join-request 登记一人，或用 --csv 文件登记多人。"
    ),
    "The CSV file's first line is key,commitment,deposit, and may name since_day and birth_date (YYYY-MM-DD) "
    "beside them. A date of birth is held against the covenant's limits of age and recorded nowhere.": (
        "CSV 文件的第一行是 key,commitment,deposit，还可以加上 since_day 和 birth_date（YYYY-MM-DD）。"
        "出生日期只用来核对公约的年龄要求，不作任何记录。"
    ),
    "Her public key, 64 hexadecimal digits (passport show prints it).": (
        "会员的公钥，64 个十六进制字符（由 passport show 显示）。"
    ),
    "Her passport, to take the public key from: for trying things out.": "会员的个人密钥，从中取得公钥：仅供试用。",
    "Her own sealed request: key and claims are in it.": "会员自己加密的申请：其中有公钥和声明。",
    "The commitment to her claims: name, ID number, consent and so on.": (
        "会员各项声明的承诺值：姓名、证件号码、同意书等。"
    ),
    "Nothing is claimed about her: the commitment to an empty list.": "没有关于会员的声明：空列表的承诺值。",
    "What she pays on joining, in yuan.": "会员加入时预存的金额，以元计。",
    "For members imported from before the ledger: the day they joined, by your word.": (
        "从账本建立之前转入的会员：按您的说法，其加入的日子。"
    ),
    "Her date of birth, for the covenant's limits of age. It is not recorded.": (
        "会员的出生日期，用来核对公约的年龄要求，不作记录。"
    ),
    "Many members at once: all are recorded, or none.": "一次登记多位会员：要么全部记录，要么一个不记。",
    "Record money in: for one member with --slot and --amount, or for many with --csv.": (
        "登记入账：用 --slot 和 --amount 登记一位会员，或用 --csv 登记多位。"
    ),
    "The CSV file's first line is slot,amount or slot,amount,reason or slot,amount,reason,reference; "
    "a reference there is the hash of the payment's own reference, 64 hexadecimal digits.": (
        "CSV 文件的第一行是 slot,amount 或 slot,amount,reason 或 slot,amount,reason,reference；其中 "
        "reference 是付款方自己编号的哈希，64 个十六进制字符。"
    ),
    "Whose money it is: her slot.": "入账会员的会员号。",
    "What came in, in yuan.": "入账金额，以元计。",
    "A reason code of yours.": "您自己的原因代码。",
    "Many credits at once: all are recorded, or none.": "一次登记多笔入账：要么全部记录，要么一笔不记。",
    "Record money out for one member, on her own signature.": "凭会员本人签名登记一笔取款。",
    "Her slot, which is her number in the plan.": "会员号，即会员在计划中的编号。",
    "Her passport, to sign with it here.": "会员的个人密钥，当场签名用。",
    "Her signature, made elsewhere: 128 hexadecimal digits, or @FILE.": (
        "会员在别处作出的签名：128 个十六进制字符，或 @文件名。"
    ),
    "Her running number that the signature names.": "签名中写明的会员流水号。",
    "What she takes out, in yuan.": "取出的金额，以元计。",
    "A reason code of yours; she signs it too.": "您自己的原因代码；会员也为它签名。",
    "A member's key: handed over by a guardian, or replaced when it is lost.": (
        "会员的密钥：由监护人移交，或在遗失时更换。"
    ),
    "A membership passes to another key at once, signed by both: a guardian hands it to a child come of age.": (
        "会员资格立即转到另一把密钥，由新旧两把签名：例如子女成年时由监护人移交。"
    ),
    "The passport with the present key.": "含有现用密钥的个人密钥文件。",
    "The passport with the new key, to sign here.": "含有新密钥的个人密钥文件，当场签名用。",
    "The new public key, where its passport is elsewhere.": "新公钥，用于新的个人密钥在别处时。",
    "The new key's signature, made elsewhere: digits as above, or @FILE.": (
        "新密钥在别处作出的签名：十六进制字符，或 @文件名。"
    ),
    "Which membership of the plan the new key is made for.": "新密钥用于该计划的第几次会员资格。",
    "Replace a lost key, after the days in which the old one can object.": (
        "更换遗失的密钥；旧密钥可在规定的天数内反对，之后生效。"
    ),
    "The institution that vouches; without it, the operator does.": "提供证明的机构；不给出则由运营方证明。",
    "The voucher's key file.": "证明机构的密钥文件。",
    "The old key says that it is not lost: the replacement does not come.": "旧密钥声明并未遗失：更换不再进行。",
    "The replacement: the name that it got.": "要反对的更换：登记时得到的名称。",
    "The signature, made elsewhere: 128 hexadecimal digits, or @FILE.": (
        "在别处作出的签名：128 个十六进制字符，或 @文件名。"
    ),
    "Print what has to be signed, and record nothing.": "只输出需要签名的内容，不作任何记录。",
    "Show the key in force in a slot, and a replacement that waits for its day.": (
        "显示会员号当前有效的密钥，以及等待生效的更换。"
    ),
    "Members' personal data, kept apart from the ledger: opened field by field, and erased.": (
        "会员的个人资料，与账本分开存放：可逐项公开，可删除。"
    ),
    "The vault holds what members say of themselves, and the keys of the facts of their cases, which "
    "lie sealed in the ledger. `init` makes it beside the ledger, as LEDGER-vault.": (
        "资料库中有会员自己的声明，以及案件事实的密钥；事实本身封存在账本里。`init` 在账本旁边建立资料库，"
        "即 LEDGER-vault。"
    ),
    "Make a vault for LEDGER, and its master key in a new file.": "为 LEDGER 建立资料库，并在新文件中生成主密钥。",
    "The master key is better kept on another device: neither a stolen vault nor a stolen key opens anything alone.": (
        "主密钥最好放在另一台设备上：只偷走资料库或只偷走密钥，都打不开任何内容。"
    ),
    "List what is kept of one member, without showing it; or everything that was erased in PLAN.": (
        "列出保存着一位会员的哪些内容，但不显示内容；或列出 PLAN 中已删除的一切。"
    ),
    "Her slot: what is kept of her. [default: what was erased, of everybody]": (
        "会员号：保存着该会员的哪些内容。[默认：所有人已删除的内容]"
    ),
    "Open one field to an auditor: the value, its salt and its proof. The others stay closed.": (
        "向审计人员公开一项：内容、盐和证明。其他各项仍不公开。"
    ),
    "Of a member: name, id_number, birth_date, health_declaration, consent, key_holder, join_request. "
    "Of a case: cause, group, disease, diagnosed_day, birth_day, name, hospital, region, age.": (
        "会员的各项：name、id_number、birth_date、health_declaration、consent、key_holder、join_request。"
        "案件的各项：cause、group、disease、diagnosed_day、birth_day、name、hospital、region、age。"
    ),
    "Her slot: what she said of herself when she joined.": "会员号：会员加入时关于自己的声明。",
    "The case: what was stated when aid was requested.": "案件：申请互助金时所陈述的内容。",
    "The field to open, such as birth_date.": "要公开的一项，例如 birth_date。",
    "The file to write, for an auditor.": "交给审计人员的文件。",
    "Check an opened field against what the ledger commits to, and show it. No key and no vault is needed.": (
        "把公开的一项与账本的承诺值相核对，并显示出来。不需要密钥，也不需要资料库。"
    ),
    "LEDGER may be a copy of the operator's, or a published one. The exit code says what came of it: "
    "0 it is what was committed to, 1 it is not, 3 it could not be checked.": (
        "LEDGER 可以是运营方账本的副本，也可以是公开账本。退出码即结论：0 与承诺值相符，1 不符，3 无法核对。"
    ),
    "Of a published ledger: the operator's trust file.": "用于公开账本：运营方的信任文件。",
    "Destroy the keys, the salts and the claims of one member, or the facts of one case. Nothing brings them back.": (
        "销毁一位会员的密钥、盐和声明，或一个案件的事实，无法恢复。"
    ),
    "The erasure is recorded in the ledger, with a notice to her; chain, records, disclosures and audits "
    "verify as before. Interrupted, it is completed when the ledger is next opened with its vault.": (
        "删除会记录在账本里，并通知会员；链、记录、公示文件和审计照常核验。若中途中断，下次连同资料库打开账本时会完成。"
    ),
    "Nothing brings it back: not this vault, and no backup of it or of the ledger, also none that was made before.": (
        "无法恢复：无论是这个资料库，还是资料库或账本的任何备份，包括此前的备份。"
    ),
    "Her slot: everything that is kept of her.": "会员号：保存着的该会员的一切内容。",
    "The facts of this case alone, which has to be decided.": "只删除这个案件的事实；案件须已有结果。",
    "Why: at her wish, by law or order, no longer needed for its purpose, kept by mistake.": (
        "原因：应会员要求、依法律或命令、已无须使用、保存有误。"
    ),
    "Copy the vault's data, without any key, to the new file FILE. Put back, it takes the place of data.sqlite.": (
        "把资料库的数据（不含任何密钥）复制到新文件 FILE。恢复时用它替换 data.sqlite。"
    ),
    "Who may vouch, keep the money and lend: institutions (机构), their roles and keys, on the chain.": (
        "谁可以核实、存管、垫付：链上的机构及其角色与密钥。"
    ),
    "Make an institution's key in a new file, which only its owner can read.": (
        "在新文件中生成机构的密钥，只有其所有者能读取。"
    ),
    "The institution makes its key itself, and hands out the public half only.": (
        "密钥由机构自己生成，只交出公开部分。"
    ),
    "The institution.": "机构的名称。",
    "Register an institution; its own key accepts.": "登记一家机构，由其自己的密钥表示接受。",
    "Roles that judge one another stay apart: a custodian is nothing else, an investigator no hospital "
    "and no jury office.": ("互相评判的角色必须分开：存管方不得兼任其他角色，调查方不得兼任医院或赔审团办公室。"),
    "Its name for people.": "机构对外的名称。",
    "A role; repeat it for more.": "角色；可重复给出多个。",
    "Its public key, 64 hexadecimal digits.": "机构的公钥，64 个十六进制字符。",
    "Its key file, to accept with it here.": "机构的密钥文件，当场表示接受用。",
    "Its acceptance, made elsewhere, 128 hexadecimal digits.": "在别处作出的接受签名，128 个十六进制字符。",
    "An institution can sign nothing any more; what it has signed stays.": (
        "机构从此不能再签署任何内容；已签署的仍然有效。"
    ),
    "Why it is an institution no more.": "不再是机构的原因。",
    "Replace an institution's key, at once: the old one signs, the new one accepts.": (
        "立即更换机构的密钥：旧密钥签名，新密钥接受。"
    ),
    "Its present key file.": "机构现用的密钥文件。",
    "Its new key file.": "机构新的密钥文件。",
    "List the institutions of a ledger, revoked ones too.": "列出账本中的机构，包括已撤销的。",
    "Write a member's record: one file with which she checks everything that concerns her, offline.": (
        "写出一位会员的记录：一个文件，会员可凭它离线核验与自己有关的一切。"
    ),
    "It is cut out of the ledger under its newest checkpoint; no key of the operator's is needed, and "
    "a writer may be at work meanwhile. LEDGER may also be a published ledger, a folder or an http(s) "
    "address, from which she makes her record herself.": (
        "按最新的检查点从账本中取出；不需要运营方的密钥，写入可以同时进行。LEDGER 也可以是公开账本（文件夹或网址）"
        "，会员由此自己生成记录。"
    ),
    "A published ledger shows nobody's credits, withdrawals and notices: hers come from what she holds, "
    "her last record and the receipts since then (--mine). A server learns which 256 slots hers is among, "
    "and no more.": (
        "公开账本不显示任何人的充值、取款和通知：会员自己的这些内容来自其持有的文件，即上一份记录和此后的回执（--"
        "mine）。服务器只能得知会员号在哪 256 个之中。"
    ),
    "Her device keeps the newest book she accepted, and her next record must continue it. An operator's "
    "ledger remembers under which heads records were handed out (LEDGER/handed-out), so a new one reaches "
    "her last one by itself; with her passport it also continues what her last check on this machine "
    "has kept. --since is for any other: a file of hers, or the number of blocks that her check named.": (
        "会员的设备保存其认可的最新账本，下一份记录必须是它的延续。运营方的账本记下每份记录是在哪个账本头之下交出"
        "的（LEDGER/handed-out），新记录因此自动延续上一份；使用个人密钥时，还会延续本机上次核验所保存的账本。"
        "其他情形用 --since 指明：会员的一个文件，或核验时提示的区块数。"
    ),
    "Her public key, 64 hexadecimal digits.": "会员的公钥，64 个十六进制字符。",
    "Her passport, to take the public key from.": "会员的个人密钥，从中取得公钥。",
    "A record, receipt or checkpoint she has, or how many blocks it covers: the record shows how it went on.": (
        "会员持有的记录、回执或检查点，或其覆盖的区块数：记录会证明账本此后如何延续。"
    ),
    "Of a published ledger: her last record, or a receipt since then.": (
        "用于公开账本：会员的上一份记录，或此后的回执。"
    ),
    "Of a published ledger: the trust file. [default: the passport's]": (
        "用于公开账本：信任文件。[默认：个人密钥中的信任文件]"
    ),
    "Replace the file if it is there.": "如果文件已存在，则替换它。",
    "Write the records of a plan's members: into a folder, a tar archive, or a stream on stdout.": (
        "写出计划会员的记录：写入文件夹、tar 归档，或写到标准输出。"
    ),
    "All are under one checkpoint, each byte for byte what `record` writes. No key of the operator's "
    "is needed, and a writer may be at work meanwhile. Nothing is ever half a file: what stands in the "
    "folder is whole.": (
        "所有记录都在同一个检查点之下，每一份与 `record` 写出的逐字节相同。不需要运营方的密钥，写入可以同时进行。"
        "绝不会只有半个文件：文件夹中的每个文件都是完整的。"
    ),
    "The record of slot 1,234,567 is critical-illness/1/234/1234567.mcr. Run it again after an interruption: "
    "it goes on where it stopped, under the checkpoint that lies in the folder. For newer records, name "
    "a new folder.": (
        "会员号 1,234,567 的记录是 critical-illness/1/234/1234567.mcr。中断后再运行一次：按文件夹中的检查点从停下"
        "的地方继续。要更新的记录，请指定新文件夹。"
    ),
    "Under this signed checkpoint, so that several runs show one head. [default: the newest]": (
        "使用这个已签名的检查点，使多次运行显示同一个账本头。[默认：最新的]"
    ),
    "Write a notice for each member of a settled round: her share, her balance, the book's head in eight words.": (
        "为已结算一期的每位会员写出通知：分摊金额、余额，以及八个校验字。"
    ),
    "One line a member, in English or Chinese (--lang), by your own template if you have one. Who reads "
    "the same eight words in her notice and in the check of her record was shown the same book as everybody.": (
        "每位会员一行，中文或英文（--lang），也可使用您自己的模板。会员在通知中和在核验自己的记录时看到相同的八个"
        "字，看到的就是与所有人相同的账本。"
    ),
    "A line of CSV is slot,status,amount,balance,text, amounts in yuan; of JSON Lines the same by name, "
    "amounts in fen. With --checkpoint records/checkpoint the words in a notice are those that the member's "
    "own record shows.": (
        "CSV 的一行是 slot,status,amount,balance,text，金额以元计；JSON Lines 中各项同名，金额以分计。"
        "使用 --checkpoint records/checkpoint 时，通知中的字与会员自己的记录所显示的相同。"
    ),
    "Of which round. [default: the last one]": "哪一期。[默认：最近一期]",
    "Sentences of your own, in place of the usual ones.": "用您自己的句子代替通常的句子。",
    "Print the usual template of a language, to make your own of, and nothing else.": (
        "只输出某种语言的通常模板，供您改写。"
    ),
    "Also those who had left before the round.": "也包括在该期之前已退出的会员。",
    "Write the receipt RECEIPT again, under the newest head that the witnesses of LEDGER have cosigned.": (
        "重新写出回执 RECEIPT，采用 LEDGER 的见证方已联署的最新账本头。"
    ),
    "A receipt is handed out at once, with the operator's signature alone. What it shows does not change "
    "when the witnesses' cosignatures come; a trust file that asks for a quorum is satisfied only then. "
    "The result is verified before it is written.": (
        "回执在登记时立即交出，只有运营方的签名。见证方的联署到来时，它所证明的内容不变；要求法定人数的信任文件到"
        "那时才得到满足。结果经核验后才写出。"
    ),
    "Write one case as a file that anybody can check without a key (公示).": (
        "把一个案件写成任何人无须密钥即可核验的公示文件。"
    ),
    "It shows the claimant's enrolment and every round since, who vouched and when, the decision, what "
    "each member paid and what was paid out, under the ledger's newest checkpoint. Of the person it "
    "shows what you open, and no more.": (
        "其中有申请人的加入和此后的每一期、由谁何时核实、审议结果、每位会员分摊多少、发放了多少，都在账本最新的检"
        "查点之下。关于申请人本人，只显示您所公开的内容。"
    ),
    "With the day of the diagnosis open, everybody can check the waiting period. Name and birth day "
    "are never opened. Everything else in the file is public: of a published ledger anybody can make "
    "it, or renew one that is older.": (
        "公开确诊日期后，人人都能核对等待期。姓名和出生日期绝不公开。文件中的其他内容都是公开的：任何人都可以由公"
        "开账本生成它，或更新较旧的一份。"
    ),
    "An older file of the case: what it opens stays open.": "该案件较旧的公示文件：其中已公开的内容继续公开。",
    "The masked fields to show. [default: those in the vault]": "要显示的脱敏内容。[默认：资料库中的内容]",
    "A fact of the request to open. Repeatable.": "要公开的一项申请事实，可重复给出。",
    "A disclosure, record or checkpoint of an earlier time: the file shows that it continues that book.": (
        "以前的公示文件、记录或检查点：新文件证明自己是那本账的延续。"
    ),
    "Of a published ledger: the trust file. [default: beside it]": "用于公开账本：信任文件。[默认：在它旁边]",
    "Replace what is there.": "替换已有内容。",
}
