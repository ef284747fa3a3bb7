"""The demonstration, in Simplified Chinese."""

from __future__ import annotations

__all__ = ["TEXTS"]

TEXTS: dict[str, str] = {
    "mutualchain: {members} members share one case, and one of them checks it": (
        "mutualchain：{members} 位会员分摊一个案件，其中一人核验"
    ),
    "Everybody prepays 10 yuan. One of them falls ill, and her aid is shared by all. All of it is made "
    "up: members' keys are random numbers, but for {real} members who really hold theirs. Mutual aid "
    "is not insurance.": (
        "每人预存 10 元。其中一人患病，互助金由所有人分摊。全部内容都是虚构的：除 {real} 位会员真正持有密钥外，"
        "其余密钥都是随机数。网络互助不是保险。"
    ),
    "A new book": "新账本",
    "A chain with the operator's keys, the trust file that members get, and the plan {title} under its "
    "covenant: its rules, hashed and on the chain.": (
        "一条链，连同运营方的密钥、交给会员的信任文件，以及按互助公约建立的计划 {title}：规则及其哈希都写在链上。"
    ),
    "{count} members join": "{count} 位会员加入",
    "{count} more members join": "又有 {count} 位会员加入",
    "{amount} prepaid; {rate} members a second, each key looked for among all others, each row hashed, "
    "signed over and durable.": (
        "共预存 {amount}；每秒 {rate} 位会员，每把公钥都查过重，每一行都算过哈希、签过名并已落盘。"
    ),
    "Round {number}: a case of {aid}": "第 {number} 期：一个案件，互助金 {aid}",
    "({aid} - {surplus} left over)": "（{aid} - 上期结余 {surplus}）",
    "{shared} / {headcount} members = {share} each": "{shared} / {headcount} 位会员 = 每人 {share}",
    "Collected {due}; surplus {surplus}, for the next round. Paid out to the hospital.": (
        "收取 {due}；结余 {surplus}，转入下一期。互助金已发放给医院。"
    ),
    "Collected {due}; nothing is left over. Paid out to the hospital.": "收取 {due}；没有结余。互助金已发放给医院。",
    "{count} deductions recorded in {time}: {rate} a second, durable and signed.": (
        "{time} 内记录 {count} 笔扣款：每秒 {rate} 笔，已落盘并签名。"
    ),
    "One member asks for her record": "一位会员索取自己的记录",
    "She is number {slot}. Her record is one file of {size} bytes: her rows, and the proofs that lead "
    "from them to the signed head of the book.": (
        "会员号 {slot}。记录是一个 {size} 字节的文件：会员自己的各行，以及由这些行得出已签名账本头的证明。"
    ),
    "She checks it, with nothing but that file and her key": "会员只用这个文件和自己的密钥核验",
    "Five forgeries of that file, and what the same check says": "这个文件的五种伪造，以及同样的核验怎么说",
    "An auditor replays the whole chain": "审计人员重放整条链",
    "{blocks} blocks, {sheets} sheets, {rows} rows: every link, signature, hash and counter, everybody's "
    "share, and the money of the whole plan.": (
        "{blocks} 个区块、{sheets} 张表、{rows} 行：每一处链接、签名、哈希和计数，每个人的分摊，以及整个计划的资金。"
    ),
    "{paid} prepaid - {charged} deducted": "预存 {paid} - 扣款 {charged}",
    " = balances of {balances}": " = 余额合计 {balances}",
    "The same audit of a copy in which one byte was changed": "对改动了一个字节的副本作同样的审计",
    "What number {slot} paid in round 1, in block {height}: {before} became {after}.": (
        "会员号 {slot} 在第 1 期（第 {height} 号区块）的扣款由 {before}改成了 {after}。"
    ),
    "and {count} more": "另有 {count} 项",
    "How long it took": "各步用时",
    "{rate} rows a second": "每秒 {rate} 行",
    "What to try next": "接下来可以试试",
    "The ledger is thrown away now. To keep one, and what to try with it:": "账本现在删除。要保留一份并试用：",
    "round {number}: snapshot and announcement": "第 {number} 期：零时快照与公布",
    "round {number}: deduct": "第 {number} 期：扣款",
    "make the ledger, its keys and the plan": "建立账本、密钥和计划",
    "write one member's record": "写出一位会员的记录",
    "check it": "核验记录",
    "audit the chain": "审计整条链",
    "copy the ledger and change one byte": "复制账本并改动一个字节",
    "audit the changed copy": "审计被改动的副本",
    "everything": "合计",
    "One byte of the file was changed.": "文件中的一个字节被改动。",
    "Her deduction in round 1 was lowered by a fen, from {share}, and the file was given a right checksum again.": (
        "第 1 期的扣款从 {share} 分改少一分，并重新算出正确的校验和。"
    ),
    "Round 2 was left out, and the file given a right checksum.": "去掉第 2 期，并重新算出正确的校验和。",
    "The platform keeps a second book in which she paid less, and signs it with another key.": (
        "平台另做一本账，其中会员扣款较少，并用另一把密钥签名。"
    ),
    "She was sent another member's record: genuine, but not hers.": "发给会员的是别人的记录：是真的，但不是本人的。",
}
