"""The words that screens and help use, each in a sentence or two: ``mutualchain explain slot``.

The order is that in which somebody meets them.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["GLOSSARY", "Term", "find"]


class Term(NamedTuple):
    """A word in English and in Chinese, and what it means in each."""

    name: str
    chinese: str
    meaning: str
    chinese_meaning: str

    def told(self, language: str) -> tuple[str, str]:
        """Name and meaning in a language."""
        return (self.chinese, self.chinese_meaning) if language == "zh" else (self.name, self.meaning)


GLOSSARY: tuple[Term, ...] = (
    Term(
        "plan",
        "互助计划",
        "Members who share one another's aid under one covenant. It is not insurance.",
        "会员依照同一份互助公约互相分摊互助金。这不是保险。",
    ),
    Term(
        "covenant",
        "互助公约",
        "The rules of a plan, written on the chain in versions, each with the day from which it is in force.",
        "计划的规则，按版本写在链上，每一版都注明生效日期。",
    ),
    Term(
        "slot",
        "会员号",
        "A member's number in a plan: the row in which she joined, counted from 0, and never anybody else's.",
        "会员在计划中的编号，即加入时的行号，从 0 起计，绝不再给别人。",
    ),
    Term(
        "passport",
        "个人密钥",
        "A member's own secret, made on her own device. Her key for every plan follows from it; 24 words restore it.",
        "会员自己的秘密，在自己的设备上生成，各计划的密钥由它派生。24 个助记词可以恢复它。",
    ),
    Term(
        "24 words",
        "助记词",
        "A passport written as words, kept on paper. Whoever has them has the passport; they restore one that is lost.",
        "写成文字的个人密钥，抄在纸上保存。谁拿到它，谁就拥有个人密钥；没有它，遗失的个人密钥无法恢复。",
    ),
    Term(
        "address",
        "区块链地址",
        "A member's public key in a plan, written short, with check characters that show when it is mistyped.",
        "会员在计划中公钥的简短写法，末尾的校验字符能发现输入错误。它不是银行账号。",
    ),
    Term(
        "ledger",
        "账本",
        "All that a platform records, in blocks that only ever get more. Also called the book.",
        "平台记录的全部内容，由只增不减的区块组成。",
    ),
    Term(
        "block",
        "区块",
        "What is recorded at one moment, signed by the operator; it names the hash of the block before.",
        "某一时刻记录的内容，由运营方签名，并写明前一区块的哈希。",
    ),
    Term(
        "head",
        "账本头",
        "The newest state of a book: its size, and one hash of all its blocks. In eight words it is compared aloud.",
        "账本的最新状态：共有多少区块，以及代表全部区块的一个哈希。写成八个校验字便于口头比对。",
    ),
    Term(
        "head words",
        "校验字",
        "Eight words for the head of a book. Who reads the same ones in a notice or from a witness sees the same book.",
        "代表账本头的八个字。在通知里或从见证方看到相同的字，看到的就是同一本账。",
    ),
    Term(
        "genesis block",
        "创世区块",
        "The first block of a book, number 0, which names the book and its first keys.",
        "账本的第一个区块，即第 0 号，其中写明账本名称和最初的密钥。",
    ),
    Term(
        "checkpoint",
        "检查点",
        "A head that the log's key has signed. Whoever keeps one can show later that the book was changed.",
        "日志密钥签署过的账本头。保存它的人，以后能证明账本被改动过。",
    ),
    Term(
        "log",
        "日志",
        "The blocks as the leaves of a hash tree (RFC 6962), so that each is provable by a few hashes.",
        "以区块为叶的哈希树（RFC 6962），每个区块只需少量哈希即可证明。",
    ),
    Term(
        "origin",
        "账本名称",
        "The name of a book, in every checkpoint of it, such as example.org/mutual-aid.",
        "账本的名称，写在它的每个检查点里，例如 example.org/mutual-aid。",
    ),
    Term(
        "trust file",
        "信任文件",
        "Says whose signatures somebody believes: the log's keys, the witnesses, and how many of them are needed.",
        "写明相信谁的签名：日志的密钥、见证方，以及需要其中多少个。",
    ),
    Term(
        "witness",
        "见证方",
        "An institution that signs a book's checkpoints, and never two that disagree, so that all see one book.",
        "为账本的检查点签名的机构，绝不签署互相矛盾的两个，使人人看到同一本账。",
    ),
    Term(
        "cosignature",
        "联署",
        "A witness's signature under a checkpoint, with the time at which it saw it.",
        "见证方在检查点下的签名，注明看到它的时间。",
    ),
    Term(
        "quorum",
        "法定人数",
        "As many witnesses as a trust file asks for.",
        "信任文件所要求的见证方数目。",
    ),
    Term(
        "anchor",
        "锚定",
        "A cosigned checkpoint that is recorded in the book itself: what lies below existed by then, on others' word.",
        "把经联署的检查点写进账本本身：此前的内容当时已存在，由他人作证。",
    ),
    Term(
        "receipt",
        "回执",
        "The proof that one thing was recorded, handed out at once.",
        "证明某项内容已被记录，登记时立即交出。",
    ),
    Term(
        "record",
        "记录",
        "One file with which a member checks everything that concerns her, offline.",
        "一个文件，会员可凭它离线核验与自己有关的一切。",
    ),
    Term(
        "pin",
        "存照",
        "The newest book that somebody accepted, kept on her device; the next one must continue it.",
        "已认可的最新账本，保存在自己的设备上；以后的账本必须是它的延续。",
    ),
    Term(
        "disclosure",
        "公示",
        "A case shown to everybody, and the file with which everybody can check it without a key.",
        "向所有人展示的案件，以及任何人无须密钥即可核验它的文件。",
    ),
    Term(
        "case",
        "互助案件",
        "A member's request for aid, who vouched for it, what was decided and what was paid.",
        "会员的互助申请、由谁核实、如何审议、发放了多少。",
    ),
    Term(
        "attestation",
        "核实证明",
        "An institution's signed word that a case is true, or that it is not.",
        "机构签名说明案件属实，或者不实。",
    ),
    Term(
        "jury",
        "赔审团",
        "Members who vote on a case to which somebody has objected.",
        "对有异议的案件投票的会员。",
    ),
    Term(
        "round",
        "期",
        "One apportionment: the aid of its cases, shared by all who were covered at its snapshot.",
        "一次分摊：该期案件的互助金，由零时快照时处于保障中的会员共同分摊。",
    ),
    Term(
        "snapshot",
        "零时快照",
        "The moment that decides who shares in a round.",
        "决定由谁分摊该期的时刻。",
    ),
    Term(
        "share",
        "分摊金额",
        "What each member owes in a round: the same for everybody.",
        "每位会员在一期中应付的金额，人人相同。",
    ),
    Term(
        "surplus",
        "结余",
        "What a round collected beyond aid and fee, because shares are rounded up. The next round starts with it.",
        "因分摊金额向上取整而多收的部分，转入下一期。",
    ),
    Term(
        "shortfall",
        "缺口",
        "What members owed in a round and could not pay. The next round shares it, or somebody puts it in.",
        "会员在一期中应付而未能付的金额，由下一期分摊或由他方补充。",
    ),
    Term(
        "coverage",
        "保障",
        "Whether a member could be given aid: by her balance, her waiting period and the covenant's other rules.",
        "会员能否得到互助金，取决于余额、等待期和公约的其他规则。",
    ),
    Term(
        "waiting period",
        "等待期",
        "The days after joining in which an illness gives no right to aid yet.",
        "加入后的一段时间，其间患病尚不能得到互助金。",
    ),
    Term(
        "mandate",
        "代扣",
        "The way of plans without prepayment: each share is collected from the member's account.",
        "不预存的计划的收款方式：每期分摊从会员的账户中扣收。",
    ),
    Term(
        "sealed",
        "封存",
        "Not public: shown to the member it concerns and to auditors, and provable all the same.",
        "不公开：只给所涉及的会员和审计人员看，但同样可以证明。",
    ),
    Term(
        "claim",
        "声明",
        "What a member says of herself on joining: her name, her date of birth, her consent.",
        "会员加入时关于自己的说明：姓名、出生日期、同意书等。",
    ),
    Term(
        "commitment",
        "承诺值",
        "A hash that binds claims without showing them. It says nothing about her; one claim can be opened alone.",
        "绑定各项声明而不公开它们的哈希，不透露会员的任何信息；可以只公开其中一项。",
    ),
    Term(
        "vault",
        "资料库",
        "Where the operator keeps members' claims, apart from the ledger, so that they can be erased.",
        "运营方存放会员声明的地方，与账本分开，因此可以删除。",
    ),
    Term(
        "reference",
        "请求名称",
        "A name of the operator's own for a request. Repeated, it is recorded once, so that a retry is safe.",
        "运营方给一次请求取的名称。重复提交只记录一次，因此可以放心重试。",
    ),
    Term(
        "custodian",
        "存管方",
        "The bank that holds a plan's money, and signs how much it holds.",
        "持有计划资金的银行，并签名说明持有多少。",
    ),
    Term(
        "evidence",
        "证据",
        "Signed statements that contradict each other: whoever signed both is convicted by them.",
        "互相矛盾的已签名声明：签署了两份的人由它们证明有过错。",
    ),
    Term(
        "split view",
        "分叉",
        "Two books of one log that contradict each other, each signed.",
        "同一日志的两本互相矛盾的账，都有签名。",
    ),
    Term(
        "rollback",
        "回退",
        "A book that is shorter than one that was shown before.",
        "账本比以前出示过的更短。",
    ),
)


def find(word: str) -> Term | None:
    """The term of a word in either language, a plural too."""
    wanted = word.strip().lower()
    names = {wanted, wanted.removesuffix("s")}
    return next((term for term in GLOSSARY if names & {term.name, term.chinese}), None)
