"""What every error code means and what to do, for people, in English and Simplified Chinese.

``mutualchain explain`` prints it. A test holds the table complete: no error without both languages.
"""

from __future__ import annotations

from typing import NamedTuple

from .errors import by_code

__all__ = ["EXPLANATIONS", "Told", "explain"]


class Told(NamedTuple):
    """A code explained: a sentence, what it means, what to do."""

    title: str
    meaning: str
    advice: str


def explain(code: str, language: str = "en") -> Told:
    """The explanation of ``code`` in ``"en"`` or ``"zh"``; for a code without one, what its class says."""
    both = EXPLANATIONS.get(code)
    if both is not None:
        return both[1] if language == "zh" else both[0]
    kind = by_code(code)
    sentence = " ".join((kind.__doc__ or "").split()) if kind is not None else "An unknown code."
    return Told(sentence, sentence, kind.default_hint if kind is not None else "")


EXPLANATIONS: dict[str, tuple[Told, Told]] = {
    # --- general --------------------------------------------------------------------------------
    "MC-001": (
        Told(
            "Something unexpected happened.",
            "The program met a situation that its authors did not foresee. It says nothing about your data.",
            "Report it with the command that showed it. Running it again with --debug shows where it happened.",
        ),
        Told(
            "发生了意外情况。",
            "程序遇到了作者没有预料到的情况。这并不说明您的数据有任何问题。",
            "请连同所用的命令一起反馈。加上 --debug 再运行一次，可以看到出错的位置。",
        ),
    ),
    "MC-002": (
        Told(
            "The command was not given correctly.",
            "An option is missing, unknown, out of range, or contradicts another one. Nothing was done.",
            "Read the command's --help, which has examples, and try again.",
        ),
        Told(
            "命令的用法不正确。",
            "缺少某个选项，或者选项不存在、超出范围、互相矛盾。没有执行任何操作。",
            "请查看该命令的 --help（其中有示例），然后重试。",
        ),
    ),
    "MC-003": (
        Told(
            "A file or folder is not there, or may not be read.",
            "The name may be misspelt, the file moved, or your account may not have permission to open it.",
            "Check the path and the permissions. Nothing was changed.",
        ),
        Told(
            "找不到文件或文件夹，或者无法读取。",
            "可能是名称有误、文件已被移动，或者您的账户没有打开它的权限。",
            "请检查路径和权限。没有任何内容被改动。",
        ),
    ),
    "MC-004": (
        Told(
            "A file of this name exists already.",
            "Files are never replaced silently, because the one that is there may be the only copy of a key or a "
            "record.",
            "Choose another name, or move the existing file away. Where a command has --force, that replaces it.",
        ),
        Told(
            "同名文件已经存在。",
            "程序从不悄悄覆盖文件，因为已有的文件可能是密钥或记录的唯一副本。",
            "请换一个名称，或先把已有文件移走。带有 --force 选项的命令可以用它来覆盖。",
        ),
    ),
    "MC-010": (
        Told(
            "Data is not in the one form that is allowed.",
            "Every value has exactly one correct spelling in bytes. These bytes spell it differently, or are no "
            "value at all, so they were damaged or written by other software.",
            "Get the file again from its source. If it stays so, show it to an auditor.",
        ),
        Told(
            "数据不是唯一允许的格式。",
            "每个数值只有一种正确的字节写法。这些字节写法不同，或者根本不是有效数值，说明已损坏或由其他软件写成。",
            "请从来源重新获取该文件。如果仍然如此，请交给审计人员查看。",
        ),
    ),
    "MC-011": (
        Told(
            "Something is larger than allowed.",
            "Every size has a bound, so that a hostile file cannot exhaust the machine. This one was refused unread.",
            "If the file should be valid, get it again; a genuine record is far below the bounds.",
        ),
        Told(
            "某项内容超过了允许的大小。",
            "每种大小都有上限，以防恶意文件耗尽机器资源。此内容未经读取即被拒绝。",
            "如果该文件应当有效，请重新获取；真正的记录远小于这些上限。",
        ),
    ),
    "MC-012": (
        Told(
            "This is another kind of file, or it is incomplete.",
            "A record, receipt or passport begins with a line that says what it is, and states its length. This "
            "file does not, is empty, or ends too early, as after a download that broke off.",
            "Get the file again, whole, and check that you named the right one.",
        ),
        Told(
            "这是另一种文件，或者文件不完整。",
            "记录、回执和个人密钥文件都以一行说明文字开头并写明长度。此文件并非如此，或者是空的，或者过早结束（例"
            "如下载中断）。",
            "请重新完整获取文件，并确认所选的文件正确。",
        ),
    ),
    "MC-013": (
        Told(
            "The file was changed after it was written, or damaged on its way.",
            "The file states the checksum of its own content, and the content has another one. A single changed "
            "byte is enough; who changed it, or whether a disk did, this does not tell.",
            "Get the file again from its source. Do not rely on anything in this copy.",
        ),
        Told(
            "文件写成之后被改动，或在传输中损坏。",
            "文件写有自身内容的校验值，而实际内容的校验值不同。只要改动一个字节就会如此；至于是谁改的，还是磁盘出"
            "错，无法由此判断。",
            "请从来源重新获取文件。不要相信这份副本中的任何内容。",
        ),
    ),
    "MC-014": (
        Told(
            "This release does not know this version.",
            "The file or chain uses a format or a rule that is newer than this program. It says nothing about "
            "whether the data is true.",
            "Upgrade mutualchain and try again.",
        ),
        Told(
            "当前版本的程序不认识这种版本。",
            "文件或链使用了比本程序更新的格式或规则。这不说明数据是否真实。",
            "请升级 mutualchain 后重试。",
        ),
    ),
    "MC-015": (
        Told(
            "This is not an amount.",
            "Amounts are plain numbers such as 10 or 0.06, with at most two decimals, never negative; commas "
            "only between thousands.",
            "Correct the amount and try again. Nothing was recorded.",
        ),
        Told(
            "这不是有效的金额。",
            "金额是普通数字，例如 10 或 0.06，最多两位小数，不能为负；逗号只能用作千位分隔。",
            "请改正金额后重试。没有记录任何内容。",
        ),
    ),
    # --- signed log -----------------------------------------------------------------------------
    "MC-020": (
        Told(
            "A proof does not lead to the signed book.",
            "What the file shows was to be proven part of the book that was signed, and the proof leads "
            "elsewhere. Either it is not in that book, or the proof was changed.",
            "Do not rely on the file. Get it again; if it stays so, keep it and tell an auditor.",
        ),
        Told(
            "证明无法对应到已签名的账本。",
            "文件中的内容本应被证明属于已签名的账本，但证明指向了别处。要么它不在账本中，要么证明被改动过。",
            "不要相信此文件。请重新获取；如果仍然如此，请保留文件并告知审计人员。",
        ),
    ),
    "MC-021": (
        Told(
            "This is not a signed note.",
            "A signed note is text, an empty line, and lines of signatures. These bytes are something else.",
            "Get the file again and check that it is the right one.",
        ),
        Told(
            "这不是签名文本。",
            "签名文本由正文、一个空行和若干签名行组成。这些字节是别的东西。",
            "请重新获取文件，并确认文件正确。",
        ),
    ),
    "MC-022": (
        Told(
            "A signature is false.",
            "The text claims to be signed by a key that you trust, and the signature does not fit. The text was "
            "changed after it was signed, or the signature was forged.",
            "Do not rely on it. Keep the file and tell an auditor.",
        ),
        Told(
            "签名无效。",
            "这段文本声称由您信任的密钥签名，但签名并不吻合。文本在签名后被改动，或者签名是伪造的。",
            "不要相信它。请保留文件并告知审计人员。",
        ),
    ),
    "MC-023": (
        Told(
            "Nobody you trust has signed this.",
            "The book that this file is cut from is signed by another key than the one in your trust file. It is "
            "somebody else's book: perhaps another platform's, perhaps one that was made only to be shown to you.",
            "Check that your trust file is the platform's, from a source other than the one that sent the file. "
            "If it is, keep the file and tell an auditor.",
        ),
        Told(
            "没有您信任的人为它签名。",
            "此文件所属的账本，是用您信任文件之外的另一把密钥签名的。这是别人的账本：也许属于另一个平台，也许是专"
            "门做给您看的。",
            "请从发送文件者以外的渠道核对您的信任文件是否属于该平台。如果是，请保留文件并告知审计人员。",
        ),
    ),
    "MC-024": (
        Told(
            "A key is malformed.",
            "Keys are one line of the form name+hash+base64. This one is cut off, misspelt, weak or of an "
            "unknown type.",
            "Copy the whole line again from its source.",
        ),
        Told(
            "密钥格式不正确。",
            "密钥是一行 名称+哈希+base64 形式的文字。此密钥被截断、有错字、强度不足或类型未知。",
            "请从来源重新完整复制这一行。",
        ),
    ),
    "MC-025": (
        Told(
            "This is not a checkpoint, or one of another book.",
            "A checkpoint (检查点) is three lines: the book's name, how many blocks it has, and their common hash.",
            "Get the file again, and check that trust file and file belong to the same platform.",
        ),
        Told(
            "这不是检查点，或者属于另一本账。",
            "检查点由三行组成：账本名称、区块数量和它们共同的哈希值。",
            "请重新获取文件，并确认信任文件与该文件属于同一平台。",
        ),
    ),
    "MC-026": (
        Told(
            "A witness's signature is false.",
            "A cosignature by a witness (见证方) that you trust does not fit the book that it stands under.",
            "Do not rely on it. Keep the file and tell the witness.",
        ),
        Told(
            "见证方的签名无效。",
            "您信任的见证方的联署与它所附的账本不吻合。",
            "不要相信它。请保留文件并告知该见证方。",
        ),
    ),
    "MC-027": (
        Told(
            "A published piece of the book is malformed.",
            "Books are published in pieces called tiles. This one has a wrong size, name or content.",
            "Fetch it again. If it stays wrong, the publisher's copy is damaged: tell the publisher.",
        ),
        Told(
            "账本公开的某一部分格式不正确。",
            "账本以称为分块的小块公开。此分块的大小、名称或内容有误。",
            "请重新获取。如果仍然有误，说明发布方的副本已损坏，请告知发布方。",
        ),
    ),
    "MC-028": (
        Told(
            "The trust file is malformed, or contradicts itself.",
            "A trust file has a line `log KEY` for each book you trust, perhaps `witness NAME KEY` and `group` "
            "lines, and one line `quorum NAME`, or `quorum none` where no witness is asked for.",
            "The line is named. Get the trust file again from the platform, or correct the line.",
        ),
        Told(
            "信任文件格式不正确或自相矛盾。",
            "信任文件为您信任的每本账写一行 `log 密钥`，还可以有 `witness 名称 密钥` 和 `group` 行，并且有一行 "
            "`quorum 名称`；不要求见证方时写 `quorum none`。",
            "错误信息指明了行号。请从平台重新获取信任文件，或改正该行。",
        ),
    ),
    "MC-029": (
        Told(
            "Too few witnesses have seen this book.",
            "Your trust file asks that certain witnesses (见证方) have signed the same book, so that nobody can "
            "be shown a book of his own. They have not, or not yet.",
            "Wait a while and get the file again. If it stays so, ask the platform why.",
        ),
        Told(
            "见证过这本账的见证方太少。",
            "您的信任文件要求某些见证方签署同一本账，以免有人看到的是单独为他做的账。他们没有签署，或者尚未签署。",
            "请稍后重新获取文件。如果仍然如此，请向平台询问原因。",
        ),
    ),
    "MC-030": (
        Told(
            "This is not a log proof file.",
            "Such a file begins with the line c2sp.org/tlog-proof@v1. This one is something else, or damaged.",
            "Get the file again and check that it is the right one.",
        ),
        Told(
            "这不是日志证明文件。",
            "这种文件以 c2sp.org/tlog-proof@v1 一行开头。此文件是别的东西，或已损坏。",
            "请重新获取文件，并确认文件正确。",
        ),
    ),
    "MC-031": (
        Told(
            "A signature does not fit.",
            "What was signed was changed afterwards, or it was signed with another key than the one it is held "
            "against.",
            "Do not rely on it. Check that the right key was used; if it was, tell an auditor.",
        ),
        Told(
            "签名不吻合。",
            "被签名的内容后来被改动，或者签名所用的密钥与核对所用的密钥不同。",
            "不要相信它。请确认密钥是否正确；如果正确，请告知审计人员。",
        ),
    ),
    "MC-032": (
        Told(
            "It is signed with a key that is no longer, or not yet, in use.",
            "A platform changes the key with which it signs its book from time to time. Your trust file says from when "
            "to when each key counts, and the witnesses did not see this book within that time. It may be an old copy, "
            "or somebody has got hold of an old key.",
            "Ask for a fresh copy. If it fails too, get the platform's present trust file from a source that "
            "you trust.",
        ),
        Told(
            "签名所用的密钥已停用，或者尚未启用。",
            "平台会不时更换签署账本的密钥。您的信任文件写明每把密钥的有效时间，而见证方没有在该时间内看到这本账。"
            "它可能只是一份旧副本，也可能有人拿到了旧密钥。",
            "请索取最新的副本。如果仍然不行，请从可信的渠道取得平台当前的信任文件。",
        ),
    ),
    # --- sheets ---------------------------------------------------------------------------------
    "MC-041": (
        Told(
            "A page of the book has the wrong shape.",
            "Deductions and members are kept in pages with fixed columns. This page or its heading does not fit "
            "them, so it was changed, or belongs elsewhere.",
            "Do not rely on it. Get the file again; if it stays so, tell an auditor.",
        ),
        Told(
            "账页的形状不正确。",
            "扣款和会员记录在列数固定的账页中。此账页或其标题与之不符，说明被改动过，或属于别处。",
            "不要相信它。请重新获取文件；如果仍然如此，请告知审计人员。",
        ),
    ),
    "MC-042": (
        Told(
            "The rows shown are not the rows that were signed.",
            "The page with your row, or its place in the sheet, does not lead to what the operator signed. "
            "Somebody changed an amount or another value after it was recorded.",
            "Do not rely on the file. Get it again from the platform; if it stays so, keep it and tell an auditor.",
        ),
        Told(
            "显示的行不是当初签名的行。",
            "包含您那一行的账页，或它在表中的位置，与运营方签名的内容对不上。有人在记录之后改动了金额或其他数值。",
            "不要相信此文件。请从平台重新获取；如果仍然如此，请保留文件并告知审计人员。",
        ),
    ),
    "MC-043": (
        Told(
            "A total is impossible.",
            "The proof states a total that so many rows cannot have. Somebody may have tried to balance a "
            "changed row with a false total beside it.",
            "Do not rely on the file. Keep it and tell an auditor.",
        ),
        Told(
            "某个合计数不可能成立。",
            "证明中写明的合计数，以这么多行不可能得到。可能有人想用旁边的假合计来抵消被改动的一行。",
            "不要相信此文件。请保留文件并告知审计人员。",
        ),
    ),
    "MC-044": (
        Told(
            "A row says something impossible.",
            "A row has a status that does not exist, or an amount beside a status that has none.",
            "Keep the file and tell an auditor: a signed book must not contain this.",
        ),
        Told(
            "某一行的内容不可能成立。",
            "某一行的状态并不存在，或者在不应有金额的状态旁写有金额。",
            "请保留文件并告知审计人员：已签名的账本不应包含这种内容。",
        ),
    ),
    # --- blocks ---------------------------------------------------------------------------------
    "MC-060": (
        Told(
            "An entry of the book is malformed.",
            "An entry, such as a case, a round or a payout, was changed, or was written by other software.",
            "Do not rely on it. Get the data again; if it stays so, tell an auditor.",
        ),
        Told(
            "账本中的某个条目格式不正确。",
            "案件、期或发放等条目被改动过，或由其他软件写成。",
            "不要相信它。请重新获取数据；如果仍然如此，请告知审计人员。",
        ),
    ),
    "MC-061": (
        Told(
            "A block's header is malformed.",
            "The block was changed after it was signed, or was written by other software.",
            "Do not rely on it. Get the data again; if it stays so, tell an auditor.",
        ),
        Told(
            "区块头格式不正确。",
            "该区块在签名后被改动，或由其他软件写成。",
            "不要相信它。请重新获取数据；如果仍然如此，请告知审计人员。",
        ),
    ),
    "MC-062": (
        Told(
            "A block does not match its content.",
            "The block commits to its entries, sheets and plans by hash, and these are not the ones that are there.",
            "Keep the data and tell an auditor: something was exchanged after it was signed.",
        ),
        Told(
            "区块与其内容不符。",
            "区块以哈希值对其条目、表和计划作出承诺，而实际内容并不是这些。",
            "请保留数据并告知审计人员：有内容在签名后被调换。",
        ),
    ),
    "MC-063": (
        Told(
            "A block is not signed by the operator.",
            "Every block carries the signature of the key that is in force at that moment. This one does not.",
            "Do not rely on it. It was not written by this book's operator, or with a key that was not in force.",
        ),
        Told(
            "区块没有运营方的签名。",
            "每个区块都带有当时有效密钥的签名，而这个区块没有。",
            "不要相信它。它不是由本账本的运营方写成，或者使用了当时无效的密钥。",
        ),
    ),
    "MC-064": (
        Told(
            "The book's counters and its content disagree.",
            "Every block states how many members, rounds and events each plan has. These figures do not follow "
            "from what was recorded.",
            "Keep the data and tell an auditor: something was added, left out or counted falsely.",
        ),
        Told(
            "账本的计数与内容不一致。",
            "每个区块都写明每个计划有多少会员、多少期和多少事件。这些数字与记录的内容对不上。",
            "请保留数据并告知审计人员：有内容被增加、遗漏或计数不实。",
        ),
    ),
    "MC-065": (
        Told(
            "This is another book, or its beginning was replaced.",
            "A book is known by its first block, which names its keys. The one here is missing, malformed or "
            "another book's.",
            "Check that ledger, keys and trust file belong together.",
        ),
        Told(
            "这是另一本账，或者账本的开头被替换。",
            "账本以其第一个区块为标识，其中写有密钥。这里的第一个区块缺失、格式不正确或属于另一本账。",
            "请确认账本、密钥和信任文件属于同一套。",
        ),
    ),
    "MC-066": (
        Told(
            "The operator's key was changed against the rules.",
            "The key that signs blocks changes only with the old key's and the new key's signature, or by the "
            "recovery key after a delay in which everybody can see it.",
            "Keep the data and tell an auditor: the key may have been stolen.",
        ),
        Told(
            "运营方的密钥变更不符合规则。",
            "签署区块的密钥只能由新旧两把密钥共同签名来变更，或由恢复密钥在公开等待期之后变更。",
            "请保留数据并告知审计人员：密钥可能被盗。",
        ),
    ),
    "MC-067": (
        Told(
            "A block does not follow the one before.",
            "Each block names the one before it by hash, and heights and times only rise. Here the chain is "
            "broken: blocks were exchanged, removed or inserted.",
            "Keep the data and tell an auditor.",
        ),
        Told(
            "区块与前一个区块不相连。",
            "每个区块都以哈希值指明前一个区块，高度和时间只会增加。这里链条断开了：有区块被调换、删除或插入。",
            "请保留数据并告知审计人员。",
        ),
    ),
    # --- rules ----------------------------------------------------------------------------------
    "MC-080": (
        Told(
            "The covenant breaks a rule for covenants.",
            "A parameter of the covenant (互助公约) is missing, unknown or out of its range. All of them are listed.",
            "Correct the parameters that are named and try again. Nothing was recorded.",
        ),
        Told(
            "互助公约不符合对公约的要求。",
            "公约中的某个参数缺失、未知或超出范围。所有问题都已列出。",
            "请改正所列参数后重试。没有记录任何内容。",
        ),
    ),
    "MC-081": (
        Told(
            "The covenant does not allow it.",
            "The rules of the plan that are in force forbid what was asked for. Nothing was recorded.",
            "`mutualchain plan show LEDGER PLAN` shows the rules.",
        ),
        Told(
            "互助公约不允许这样做。",
            "该计划现行的规则禁止所请求的操作。没有记录任何内容。",
            "`mutualchain plan show 账本 计划` 可以查看规则。",
        ),
    ),
    "MC-082": (
        Told(
            "There is no such plan.",
            "The ledger has no plan of this name; names are spelt exactly, with small letters.",
            "`mutualchain status LEDGER` lists the plans.",
        ),
        Told(
            "没有这个互助计划。",
            "账本中没有这个名称的计划；名称必须完全一致，使用小写字母。",
            "`mutualchain status 账本` 可以列出所有计划。",
        ),
    ),
    "MC-083": (
        Told(
            "There is no such member.",
            "Slots (会员号) count from 0 in the order of joining, and the plan has fewer of them.",
            "Check the number. `mutualchain status LEDGER` says how many members there are.",
        ),
        Told(
            "没有这个会员。",
            "会员号按加入顺序从 0 开始，而该计划没有这么多会员。",
            "请核对号码。`mutualchain status 账本` 会显示会员数量。",
        ),
    ),
    "MC-084": (
        Told(
            "This key is enrolled already.",
            "Every membership has a key of its own. This one has a slot in the plan, or stands twice in the batch.",
            "Look for the same person or the same row twice. Who rejoins takes a new key.",
        ),
        Told(
            "这把密钥已经加入。",
            "每个会员资格都有自己的密钥。这把密钥在该计划中已有会员号，或在同一批中出现了两次。",
            "请查找重复的人或重复的行。重新加入者须使用新密钥。",
        ),
    ),
    "MC-085": (
        Told(
            "The deposit is too low.",
            "The covenant says what a member prepays (预存) at least on joining.",
            "Ask for the rest first, then enrol. Nothing was recorded.",
        ),
        Told(
            "预存金额过低。",
            "互助公约规定了加入时最少的预存金额。",
            "请先补足金额再登记加入。没有记录任何内容。",
        ),
    ),
    "MC-086": (
        Told(
            "The free balance is too low.",
            "More is asked for than the member has. What an announced round will deduct is not free any more.",
            "Ask for less, or wait until the open round is settled.",
        ),
        Told(
            "可用余额不足。",
            "申请的金额超过了会员的余额。已公布的一期将要扣除的部分不能再动用。",
            "请减少金额，或等待当前一期结算完成。",
        ),
    ),
    "MC-087": (
        Told(
            "The running number is not the next one.",
            "A member's events are numbered, and her signature names the number, so that it cannot be used twice.",
            "Ask for her next running number and have her sign again.",
        ),
        Told(
            "序号不是下一个序号。",
            "会员的事件都有编号，签名中写明编号，因此不能重复使用。",
            "请查询该会员的下一个序号，并请会员重新签名。",
        ),
    ),
    "MC-088": (
        Told(
            "The statement is not signed by the member.",
            "Money goes out, and a member leaves, only on the signature of the key that stands in her row.",
            "Check slot, amount, reference and passport. If all are right, somebody else tried to sign for her.",
        ),
        Told(
            "声明没有会员本人的签名。",
            "只有会员那一行中的密钥签名后，才能取出款项或退出。",
            "请核对会员号、金额、请求名称和个人密钥。如果都正确，说明有人企图冒用会员签名。",
        ),
    ),
    "MC-089": (
        Told(
            "The member has left.",
            "Her slot is closed: nothing is credited to it or shared by it any more. What is left can be withdrawn.",
            "Who wants to come back joins anew, with a new key and a new slot.",
        ),
        Told(
            "该会员已经退出。",
            "她的会员号已关闭，不再充值，也不再参与分摊。剩余款项可以取出。",
            "希望回来的人须以新密钥和新会员号重新加入。",
        ),
    ),
    "MC-090": (
        Told(
            "A round is open already.",
            "A plan has one round (期) at a time: announced, then settled.",
            "Settle it first: `mutualchain round settle`.",
        ),
        Told(
            "已有一期正在进行。",
            "一个计划同时只有一期：先公布，再结算。",
            "请先结算：`mutualchain round settle`。",
        ),
    ),
    "MC-091": (
        Told(
            "No round is open.",
            "Only an announced round can be settled.",
            "Open one first: `mutualchain round open`.",
        ),
        Told(
            "没有正在进行的一期。",
            "只有已公布的一期才能结算。",
            "请先开启一期：`mutualchain round open`。",
        ),
    ),
    "MC-092": (
        Told(
            "The share would be above the cap.",
            "The covenant says what a member pays at most in one round, and these cases cost more than that.",
            "Share fewer cases in this round, or add a top-up. Nothing was recorded.",
        ),
        Told(
            "分摊金额会超过上限。",
            "互助公约规定了会员每期最多支付的金额，而这些案件需要的更多。",
            "请减少本期的案件，或由他方补足。没有记录任何内容。",
        ),
    ),
    "MC-093": (
        Told(
            "Nobody shares.",
            "At the moment of the snapshot, when the round was opened, no member has a balance above zero.",
            "A round needs at least one covered member.",
        ),
        Told(
            "没有人参与分摊。",
            "在开期时刻的快照中，没有任何会员的余额大于零。",
            "一期至少需要一名在保障中的会员。",
        ),
    ),
    "MC-094": (
        Told(
            "The case is not there, or not ready for this.",
            "The case (互助案件) is unknown in this plan, was shared already, or has not been shared yet.",
            "`mutualchain case list LEDGER PLAN` shows all cases and where they stand.",
        ),
        Told(
            "没有这个案件，或案件尚未到这一步。",
            "该计划中没有这个互助案件，或者它已经分摊过，或者尚未分摊。",
            "`mutualchain case list 账本 计划` 可以查看所有案件及其状态。",
        ),
    ),
    "MC-095": (
        Told(
            "More would be paid than was approved.",
            "The payouts of a case never come to more than its aid (互助金).",
            "Check the amount and what was paid before. Nothing was recorded.",
        ),
        Told(
            "发放金额会超过批准金额。",
            "一个案件的发放总额不得超过批准的互助金。",
            "请核对金额和此前已发放的金额。没有记录任何内容。",
        ),
    ),
    "MC-096": (
        Told(
            "The member had too many events since the last round.",
            "A member's row counts her payments in one byte, so at most 255 fit between two rounds.",
            "Combine the amounts, or wait for the next round.",
        ),
        Told(
            "该会员自上一期以来的事件过多。",
            "会员的行用一个字节记录事件数，因此两期之间最多 255 次。",
            "请合并金额，或等待下一期。",
        ),
    ),
    "MC-097": (
        Told(
            "A round's figures do not add up.",
            "What was collected, with the surplus brought in, must equal aid, fee and the surplus carried out; "
            "and the share must be the one that the covenant computes. Here it is not so.",
            "Keep the data and tell an auditor: money is missing, or somebody was charged falsely.",
        ),
        Told(
            "某一期的数字对不上。",
            "收取的金额加上转入的结余，必须等于互助金、管理费与转出的结余之和；分摊金额也必须与公约计算的一致。这"
            "里并非如此。",
            "请保留数据并告知审计人员：有款项缺失，或有人被错误扣款。",
        ),
    ),
    "MC-098": (
        Told(
            "Somebody was charged something else than the others.",
            "All who share in a round owe the same. A deduction differs from what the covenant computes for that "
            "member.",
            "Keep the data and tell an auditor.",
        ),
        Told(
            "有人的扣款与其他人不同。",
            "参与同一期分摊的人应付金额相同。某笔扣款与公约为该会员计算的金额不同。",
            "请保留数据并告知审计人员。",
        ),
    ),
    "MC-099": (
        Told(
            "The snapshot lies at an impossible moment.",
            "Who shares is decided by a snapshot when the round is opened: after the last round's, not in the future.",
            "Check the machine's clock, then open the round again.",
        ),
        Told(
            "快照时刻不可能成立。",
            "由谁分摊取决于开期时刻的快照，它必须在上一期之后，且不能在未来。",
            "请检查机器时钟，然后重新开启该期。",
        ),
    ),
    "MC-100": (
        Told(
            "A plan of this name exists already.",
            "A plan's name stands for it for ever, and cannot be used twice.",
            "Choose another name. `mutualchain plan list LEDGER` lists those that are taken.",
        ),
        Told(
            "同名计划已经存在。",
            "计划的名称永久代表该计划，不能重复使用。",
            "请换一个名称。`mutualchain plan list 账本` 可以列出已用的名称。",
        ),
    ),
    "MC-101": (
        Told(
            "The aid is outside what the covenant allows.",
            "The covenant says what is paid at most for one case.",
            "Check the amount. Nothing was recorded.",
        ),
        Told(
            "互助金超出公约允许的范围。",
            "互助公约规定了每个案件最高的互助金。",
            "请核对金额。没有记录任何内容。",
        ),
    ),
    "MC-102": (
        Told(
            "The public key cannot be used.",
            "It is no proper Ed25519 key, or one of the few for which anybody could make signatures.",
            "Make the key with `mutualchain passport new`, or with any Ed25519 library.",
        ),
        Told(
            "公钥不能使用。",
            "它不是规范的 Ed25519 密钥，或是少数任何人都能伪造签名的弱密钥之一。",
            "请用 `mutualchain passport new` 或任何 Ed25519 程序库生成密钥。",
        ),
    ),
    "MC-103": (
        Told(
            "An amount or a count would become too large.",
            "Balances, totals and slots have bounds, so that every program computes the same. This would pass "
            "one, or is zero where something must be paid.",
            "Check the amount. Nothing was recorded.",
        ),
        Told(
            "金额或数量会过大。",
            "余额、合计和会员号都有上限，使所有程序计算一致。此操作会超过上限，或在必须有金额处为零。",
            "请核对金额。没有记录任何内容。",
        ),
    ),
    "MC-104": (
        Told(
            "What is to be signed is no statement of a member.",
            "A member's key signs withdrawals, exits, ballots, and what she says about her case or her key, each "
            "written in one way only. These bytes are something else, or were changed on the way.",
            "Sign nothing that this command refuses. Ask the platform for the message again.",
        ),
        Told(
            "要签名的内容不是会员的声明。",
            "个人密钥只签取款、退出、选票，以及会员关于自己的案件或密钥的声明，每种只有一种写法。这些内容是别的东西，或在传送中被改动。",
            "本命令拒绝签名的内容，请不要签名。请向平台重新索取待签内容。",
        ),
    ),
    # --- store ----------------------------------------------------------------------------------
    "MC-110": (
        Told(
            "The storage failed.",
            "The disk or the file system refused to read or write. What was acknowledged before is kept.",
            "Look at the disk and the permissions, then open the ledger again.",
        ),
        Told(
            "存储出错。",
            "磁盘或文件系统拒绝读写。此前已确认的内容都保留着。",
            "请检查磁盘和权限，然后重新打开账本。",
        ),
    ),
    "MC-111": (
        Told(
            "Another process has this ledger open.",
            "One process writes at a time, so that the book cannot fork. Reading is possible all the while.",
            "Stop the other process, or wait for it, then try again.",
        ),
        Told(
            "另一个进程正在使用这个账本。",
            "同一时间只能有一个进程写入，以免账本分叉。读取始终可以进行。",
            "请停止或等待另一个进程，然后重试。",
        ),
    ),
    "MC-112": (
        Told(
            "This folder is no ledger.",
            "There is no ledger under this name: the path may be wrong, or the folder empty.",
            "Check the path, or make a ledger with `mutualchain init`.",
        ),
        Told(
            "这个文件夹不是账本。",
            "该名称下没有账本：路径可能有误，或文件夹是空的。",
            "请检查路径，或用 `mutualchain init` 新建账本。",
        ),
    ),
    "MC-113": (
        Told(
            "The ledger's storage is damaged.",
            "The file in which the ledger lies was cut off, overwritten or damaged by the disk. What members "
            "hold in their hands, records and receipts, is not affected.",
            "Keep the damaged copy, restore a backup to a new folder with `mutualchain restore`, and audit it.",
        ),
        Told(
            "账本的存储已损坏。",
            "存放账本的文件被截断、覆盖，或因磁盘故障损坏。会员手中的记录和回执不受影响。",
            "请保留损坏的副本，用 `mutualchain restore` 把备份恢复到新文件夹，并进行审计。",
        ),
    ),
    "MC-114": (
        Told(
            "There is no room left.",
            "The disk is full, or the process may not use more memory. Nothing that was acknowledged is lost.",
            "Make room, then repeat the command with the same reference.",
        ),
        Told(
            "空间不足。",
            "磁盘已满，或进程不能使用更多内存。已确认的内容没有丢失。",
            "请腾出空间，然后用相同的请求名称重复该命令。",
        ),
    ),
    "MC-115": (
        Told(
            "Somebody else wrote meanwhile.",
            "The ledger has gone on since this write was prepared, so it was refused.",
            "Open the ledger again and repeat the command with the same reference.",
        ),
        Told(
            "期间有其他写入。",
            "自准备本次写入以来，账本已有新的内容，因此本次写入被拒绝。",
            "请重新打开账本，并用相同的请求名称重复该命令。",
        ),
    ),
    "MC-116": (
        Told(
            "The ledger was opened for reading only.",
            "This operation writes, and needs the operator's keys and permission to write the folder.",
            "Open the ledger for writing.",
        ),
        Told(
            "账本是以只读方式打开的。",
            "此操作需要写入，要求有运营方密钥和文件夹的写入权限。",
            "请以可写方式打开账本。",
        ),
    ),
    "MC-117": (
        Told(
            "The folder is taken.",
            "It is a ledger already, or holds other files. A ledger is never made over something that is there.",
            "Choose a new or empty folder.",
        ),
        Told(
            "该文件夹已被占用。",
            "它已经是一个账本，或含有其他文件。程序从不在已有内容之上新建账本。",
            "请选择新的或空的文件夹。",
        ),
    ),
    "MC-118": (
        Told(
            "Something that is written once is there already.",
            "Parts of the book are written once and never again. Writing one of them again was refused.",
            "Audit the ledger, and report how this came about.",
        ),
        Told(
            "只能写一次的内容已经存在。",
            "账本的各部分只写一次，之后不再改写。再次写入已被拒绝。",
            "请审计账本，并反馈这是怎样发生的。",
        ),
    ),
    # --- writing --------------------------------------------------------------------------------
    "MC-130": (
        Told(
            "The ledger was closed.",
            "It was closed, or a failure made it unsafe to go on writing.",
            "Open it again. What was acknowledged is in it.",
        ),
        Told(
            "账本已关闭。",
            "账本已被关闭，或某次故障使继续写入变得不安全。",
            "请重新打开。已确认的内容都在其中。",
        ),
    ),
    "MC-131": (
        Told(
            "This reference was used for something else.",
            "A reference names one request for ever, so that a retry is recorded once. This one came with other "
            "content before.",
            "If this is a retry, repeat exactly what was asked for then. If it is new, use a new reference.",
        ),
        Told(
            "这个请求名称已用于其他请求。",
            "请求名称永久代表一次请求，使重试只记录一次。此请求名称之前用于其他内容。",
            "如果是重试，请完全重复当时的内容；如果是新请求，请使用新的请求名称。",
        ),
    ),
    "MC-132": (
        Told(
            "A reference is missing, or too long.",
            "Every write needs a name of its own, of 1 to 128 bytes, so that it can be repeated safely.",
            "Use an order number, for instance, and repeat it when you retry.",
        ),
        Told(
            "缺少请求名称，或请求名称过长。",
            "每次写入都需要自己的名称（1 至 128 字节），以便安全地重复。",
            "例如使用订单号，重试时使用相同的号码。",
        ),
    ),
    "MC-133": (
        Told(
            "The clock stands before the last block.",
            "Times in the book only rise. This machine's clock is behind the last block's time.",
            "Set the clock right, then repeat the command with the same reference. Nothing was recorded.",
        ),
        Told(
            "时钟早于最后一个区块。",
            "账本中的时间只会前进。本机时钟落后于最后一个区块的时间。",
            "请校正时钟，然后用相同的请求名称重复该命令。没有记录任何内容。",
        ),
    ),
    "MC-134": (
        Told(
            "Signing failed.",
            "The key, or the device that holds it, did not return a signature that fits.",
            "Look at the key file or the device. The message says whether a block was recorded; repeat the "
            "command with the same reference.",
        ),
        Told(
            "签名失败。",
            "密钥或存放密钥的设备没有返回有效的签名。",
            "请检查密钥文件或设备。错误信息会说明区块是否已记录；请用相同的请求名称重复该命令。",
        ),
    ),
    "MC-135": (
        Told(
            "The key file cannot be used.",
            "It is missing, malformed, or readable by others on this machine. A key that others can read is no secret.",
            "Name the right folder with --keys, and make sure that only its owner can read it: chmod 600.",
        ),
        Told(
            "密钥文件不能使用。",
            "文件缺失、格式不正确，或本机其他用户可以读取。别人能读的密钥就不再是秘密。",
            "请用 --keys 指定正确的文件夹，并使文件只有其所有者可读：chmod 600。",
        ),
    ),
    "MC-136": (
        Told(
            "It is not known whether the write landed.",
            "The disk failed in the middle of a commit. Only opening the ledger again shows whether it is in.",
            "Repeat the command with the same reference: it is recorded once, whatever happened.",
        ),
        Told(
            "无法确定写入是否成功。",
            "磁盘在提交过程中出错。只有重新打开账本才能知道是否已写入。",
            "请用相同的请求名称重复该命令：无论发生过什么，都只记录一次。",
        ),
    ),
    "MC-137": (
        Told(
            "The witnesses have not confirmed that this is the newest copy of the ledger.",
            "After opening, the ledger asks its witnesses whether they have seen more than it holds. Too few have "
            "answered. A restored backup that went on signing would show two histories, so nothing is signed yet.",
            "Wait until the witnesses answer: `mutualchain cosign LEDGER` shows who is missing. If no other copy was "
            "ever written to, --unconfirmed writes all the same.",
        ),
        Told(
            "见证方尚未确认这是账本的最新副本。",
            "打开账本后，账本会询问见证方是否看过更多内容。作答的见证方还不够。恢复的旧备份若继续签名，"
            "就会出现两段历史，"
            "因此目前不签署任何内容。",
            "请等待见证方作答：`mutualchain cosign LEDGER` 会列出缺少哪些见证方。如果确定没有其他副本写入过内容，"
            "可用 --unconfirmed 写入。",
        ),
    ),
    "MC-138": (
        Told(
            "Nothing was recorded under this reference.",
            "A reference names one request of a plan. The ledger knows no request of this name in it.",
            "Look up the reference with which the write was made, and the plan.",
        ),
        Told(
            "该请求名称下没有任何记录。",
            "请求名称是计划中一次请求的名称。账本在该计划中没有这个名称的请求。",
            "请核对写入时使用的请求名称和计划。",
        ),
    ),
    # --- records --------------------------------------------------------------------------------
    "MC-170": (
        Told(
            "This is another member's record.",
            "The file may be genuine, but the key in its row is not made from your passport. What it says is not "
            "about you.",
            "Check that you named the passport you joined with. If so, ask for your own record.",
        ),
        Told(
            "这是另一位会员的记录。",
            "文件本身可能是真的，但其中那一行的密钥不是由您的个人密钥生成的。它说的不是您。",
            "请确认使用的是您加入时的个人密钥。如果是，请索取您自己的记录。",
        ),
    ),
    "MC-171": (
        Told(
            "Something is missing from the record.",
            "The signed book says how many rounds there were and how many payments you had. The file shows "
            "fewer: something was left out.",
            "Ask for the whole record. If it stays so, keep the file and tell an auditor.",
        ),
        Told(
            "记录中缺少内容。",
            "已签名的账本写明有多少期，以及您有多少笔款项。文件显示的更少：有内容被遗漏。",
            "请索取完整的记录。如果仍然如此，请保留文件并告知审计人员。",
        ),
    ),
    "MC-172": (
        Told(
            "A value is not the one that was signed.",
            "Something in the file contradicts the signed book: a place, an order, a name or an amount.",
            "Do not rely on the file. Get it again; if it stays so, keep it and tell an auditor.",
        ),
        Told(
            "某个数值不是当初签名的数值。",
            "文件中的某项内容与已签名的账本矛盾：位置、顺序、名称或金额。",
            "不要相信此文件。请重新获取；如果仍然如此，请保留文件并告知审计人员。",
        ),
    ),
    "MC-173": (
        Told(
            "The record is too old, or dated after now.",
            "You asked for a record of the last days and this one ends earlier; or its last block lies in the "
            "future, so that a clock is wrong, this machine's or the operator's. It may be true all the same.",
            "Check this machine's clock, then ask the platform for a fresh record.",
        ),
        Told(
            "记录过旧，或者日期在现在之后。",
            "您要求最近几天的记录，而这份记录更早就结束了；或者它的最后一个区块在未来，说明本机或运营方的时钟有误。"
            "它仍有可能是真的。",
            "请检查本机时钟，然后向平台索取最新的记录。",
        ),
    ),
    "MC-174": (
        Told(
            "The book does not go on from the one you saw before.",
            "It is shorter than the one you have seen, or its beginning is another one. A book that only grows "
            "cannot do that: its history was rewritten, or you are shown another book than others. An older file, "
            "opened again, is shorter too, and no reason for alarm.",
            "If this is an older file of yours, check the newest one. If it is what you were sent now, keep both files "
            "and tell an auditor or a witness at once.",
        ),
        Told(
            "这本账与您以前看到的账不连续。",
            "它比您看过的更短，或者开头不同。只增不减的账本不可能如此：历史被改写，或者给您看的账与别人不同。"
            "如果只是重新打开了较早的文件，它自然也更短，那就不必惊慌。",
            "如果这是您较早的文件，请核验最新的那份。如果这是刚发给您的，请保留两份文件，并立即告知审计人员或见证方。",
        ),
    ),
    "MC-175": (
        Told(
            "There are two books that contradict each other, both signed by the operator.",
            "One of them is the one you saw before, the other is in this file. A log never has two histories: somebody "
            "is shown a false one.",
            "Keep both files: together they are the proof. Tell an auditor or a witness at once.",
        ),
        Told(
            "有两本互相矛盾的账，都由运营方签了名。",
            "一本是您以前看到的，另一本在这个文件里。日志只能有一部历史：有人看到的是假的。",
            "请把两个文件都保存好：它们合在一起就是证据。请立即告诉审计人员或见证方。",
        ),
    ),
    "MC-179": (
        Told(
            "The record does not say how it continues the book you saw before.",
            "You named an earlier file, or one was kept by your last check, and this record carries no proof "
            "that leads from that book to this one. Most records do, but in a large book nobody can cover every head. "
            "That alone is no sign of anything bad.",
            "Tell the platform how many blocks the book had that you saw (the message says it): a record made with "
            "--since and that number shows it. Or add --published with the published ledger's folder or address.",
        ),
        Told(
            "这份记录没有说明它如何延续您以前看到的账。",
            "您指明了一个以前的文件，或上次核验保存了存照，"
            "而这份记录里没有从那本账到这本账的证明。多数记录都带有这种证明，但账本很大时无法覆盖每一个头部。"
            "这本身并不说明有问题。",
            "请把您见过的那本账的区块数（提示中已写明）告诉平台：用 --since 加这个数字出具的记录就能证明。"
            "或用 --published 指明公开账本的目录或网址。",
        ),
    ),
    "MC-176": (
        Told(
            "The book itself breaks a rule.",
            "The file is genuine: it matches what the operator signed. But what the operator signed contradicts "
            "the covenant, or shows something in your name that you did not sign.",
            "Keep the file. It is signed by the operator, and shows the breach to anybody.",
        ),
        Told(
            "账本本身违反了规则。",
            "文件是真的，与运营方签名的内容一致。但运营方签名的内容违反了互助公约，或包含以您名义而您并未签名的内容。",
            "请保留此文件。它有运营方的签名，可以向任何人证明这一违规。",
        ),
    ),
    "MC-177": (
        Told(
            "The passport cannot be used.",
            "The passport (个人密钥) is incomplete, damaged, or made for another book.",
            "Name the passport file that you made when joining, or take your copy of it.",
        ),
        Told(
            "个人密钥文件不能使用。",
            "个人密钥文件不完整、已损坏，或属于另一本账。",
            "请使用您加入时生成的个人密钥文件，或使用它的备份。",
        ),
    ),
    "MC-178": (
        Told(
            "No record can be made.",
            "The member, or the block she joined in, is not in this ledger, or its newest checkpoint does not "
            "cover her yet.",
            "Check plan and slot. A moment after joining, try again.",
        ),
        Told(
            "无法生成记录。",
            "账本中没有该会员或其加入的区块，或最新的检查点尚未覆盖她。",
            "请核对计划和会员号。如果刚刚加入，请稍后重试。",
        ),
    ),
    # --- a member's own things ------------------------------------------------------------------
    "MC-380": (
        Told(
            "The backup phrase is not right.",
            "A phrase has 24 words of the English or the Chinese list; the last one checks the others. A word is "
            "misspelt, missing, or in another place than it was.",
            "Compare it, word by word, with what you wrote down when the passport was made.",
        ),
        Told(
            "助记词不正确。",
            "助记词由英文或中文词表中的 24 个词组成，最后一个词用来核对其余各词。其中有词写错、缺失，或顺序不对。",
            "请与生成个人密钥时抄下的助记词逐词核对。",
        ),
    ),
    "MC-381": (
        Told(
            "The passport is locked.",
            "Its secret was locked with a passphrase, so that a copy of the file alone is of no use to others.",
            "Type the passphrase when asked. Programs set MUTUALCHAIN_PASSPHRASE.",
        ),
        Told(
            "个人密钥已加锁。",
            "其中的秘密用口令加了锁，别人只拿到文件也无法使用。",
            "请在提示时输入口令；程序可设置环境变量 MUTUALCHAIN_PASSPHRASE。",
        ),
    ),
    "MC-382": (
        Told(
            "The passphrase is wrong.",
            "It does not open this passport. Nothing was changed, and you can try as often as you like.",
            "Try again. If the passphrase is lost, make the passport again from its 24 words, with passport restore.",
        ),
        Told(
            "口令不正确。",
            "该口令打不开这个个人密钥文件。没有任何改动，可以反复尝试。",
            "请重试。如果忘记口令，可用 passport restore 凭 24 个助记词重新生成个人密钥。",
        ),
    ),
    "MC-383": (
        Told(
            "The address is mistyped.",
            "An address begins with mutual1 and ends with six characters that check the others.",
            "Copy it again. passport show prints your own.",
        ),
        Told(
            "区块链地址有误。",
            "地址以 mutual1 开头，最后六个字符用来核对其余字符。",
            "请重新复制。passport show 会显示您自己的地址。",
        ),
    ),
    "MC-384": (
        Told(
            "The claim is not the one that was committed to.",
            "On joining a member commits to what she says of herself: name, birth date, health declaration and so on. "
            "What is shown now does not lead to that commitment, or is no such claim.",
            "Check plan, key and value. If they are right, somebody changed the claim after she joined.",
        ),
        Told(
            "声明与当初的承诺不符。",
            "会员加入时对其声明（姓名、出生日期、健康告知等）作了承诺。现在出示的内容与该承诺不符，"
            "或并不是这样的声明。",
            "请核对计划、公钥和内容。如果都正确，则有人在其加入之后改动了声明。",
        ),
    ),
    "MC-385": (
        Told(
            "The vault, or what was asked of it, is not there.",
            "Personal data lies in a vault apart from the ledger. There is none in this folder, or nothing of this "
            "name was kept for this member.",
            "Check folder, plan and slot.",
        ),
        Told(
            "找不到资料库，或其中没有所要的内容。",
            "个人信息存放在账本之外的资料库中。该文件夹中没有资料库，或没有为该会员保存过这一项。",
            "请核对文件夹、计划和会员号。",
        ),
    ),
    "MC-386": (
        Told(
            "Something is there already.",
            "A vault is made in an empty folder, and a copy in a new file, so that nothing is overwritten.",
            "Choose another place, or move away what is there.",
        ),
        Told(
            "该处已有内容。",
            "资料库只能建在空文件夹中，副本只能写入新文件，以免覆盖任何内容。",
            "请另选位置，或先移走已有内容。",
        ),
    ),
    "MC-387": (
        Told(
            "This personal data was erased.",
            "The member's key in the vault was destroyed, at her wish or by law. The ciphertexts that older backups "
            "hold cannot be opened by anybody.",
            "Nothing brings it back. The chain, records and audits verify as before.",
        ),
        Told(
            "该个人信息已被删除。",
            "应会员要求或依法，资料库中她的密钥已被销毁，旧备份中的密文任何人都无法再打开。",
            "无法恢复。区块链、个人记录和审计的验证不受影响。",
        ),
    ),
    "MC-388": (
        Told(
            "The vault cannot be opened.",
            "The vault or one of its items is damaged, or the master key is not the one it was made with.",
            "Check the master key first. If it is right, put a backup of the vault's data in place; the keys stay.",
        ),
        Told(
            "资料库打不开。",
            "资料库或其中某项已损坏，或所用的主密钥不是建库时的那一个。",
            "请先核对主密钥。如果无误，请用备份恢复资料库的数据文件，密钥文件保持不动。",
        ),
    ),
    "MC-390": (
        Told(
            "This vault belongs to another ledger.",
            "A vault is one ledger's from its first use on. In another ledger the same slot is another member, and an "
            "erasure would destroy the wrong person's data. Nothing was changed.",
            "Name this ledger's own vault. It lies beside the ledger unless it was moved.",
        ),
        Told(
            "该资料库属于另一个账本。",
            "资料库自首次使用起只属于一个账本。在另一个账本中，同一会员号是另一位会员，"
            "删除操作会销毁错误的人的信息。没有任何改动。",
            "请指定该账本自己的资料库。未移动过时，它就在账本旁边。",
        ),
    ),
    "MC-389": (
        Told(
            "The vault is in use.",
            "Another process has it open; one at a time may write in it.",
            "Try again when that process is done.",
        ),
        Told(
            "资料库正在使用中。",
            "另一个进程已打开它；同一时间只能有一个进程写入。",
            "请等该进程结束后重试。",
        ),
    ),
    # --- audit ----------------------------------------------------------------------------------
    "MC-200": (
        Told(
            "The audit could not look at everything.",
            "The ledger, or the copy of it, lacks something that the audit needs. What could be checked was checked.",
            "The finding names what is missing. Get a whole copy and audit that.",
        ),
        Told(
            "审计未能查看全部内容。",
            "账本或其副本缺少审计所需的内容。能够检查的都已检查。",
            "审计结果指明了缺少的内容。请获取完整副本后再审计。",
        ),
    ),
    "MC-201": (
        Told(
            "Totals differ from what was recorded.",
            "Replaying the whole book gives other counters, balances or totals than those that were signed.",
            "The finding names place, expected and found value. Keep the ledger as it is.",
        ),
        Told(
            "合计与记录不一致。",
            "重放整本账得到的计数、余额或合计，与签名的不同。",
            "审计结果指明了位置、应有数值和实际数值。请保持账本原样。",
        ),
    ),
    "MC-202": (
        Told(
            "The blocks are not the ones that were signed.",
            "The recorded blocks have another number or another common hash than a signed checkpoint states.",
            "Keep the checkpoint and this copy, and tell an auditor: blocks were changed, removed or exchanged.",
        ),
        Told(
            "区块不是当初签名的区块。",
            "记录的区块数量或共同哈希与已签名的检查点不同。",
            "请保留检查点和这份副本，并告知审计人员：有区块被改动、删除或调换。",
        ),
    ),
    "MC-203": (
        Told(
            "A stored copy beside the chain is wrong.",
            "The store keeps hashes and indexes beside the chain so that proofs are quick. One of them is not "
            "what the chain gives; the chain itself may be whole.",
            "Restore a backup to a new folder with `mutualchain restore`, then audit it.",
        ),
        Told(
            "链旁存储的副本有误。",
            "为了快速生成证明，存储中在链旁保存了哈希和索引。其中一项与链不符；链本身可能是完整的。",
            "请用 `mutualchain restore` 把备份恢复到新文件夹，然后审计。",
        ),
    ),
    # --- witnesses ------------------------------------------------------------------------------
    "MC-220": (
        Told(
            "A part that is not installed is needed.",
            "This command needs packages that the installation does not have.",
            "Install the extra that the message names.",
        ),
        Told(
            "需要安装缺少的组件。",
            "此命令需要当前安装中没有的软件包。",
            "请安装错误信息中指明的附加组件。",
        ),
    ),
    "MC-221": (
        Told(
            "The witness's configuration cannot be used.",
            "A value in it is missing, malformed or contradicts another one.",
            "The place names table and key. Correct it and start again.",
        ),
        Told(
            "见证方的配置不能使用。",
            "配置中的某个值缺失、格式不正确或与其他值矛盾。",
            "错误信息指明了表和键。请改正后重新启动。",
        ),
    ),
    "MC-222": (
        Told(
            "The witness's state belongs to another key.",
            "A witness remembers the newest book that its key has signed. What it remembers here was made for "
            "another key.",
            "A key whose state is lost must never sign again: make a new key, and tell those who trust the old one.",
        ),
        Told(
            "见证方的状态属于另一把密钥。",
            "见证方记住其密钥签署过的最新账本。这里的记忆属于另一把密钥。",
            "状态丢失的密钥不得再签名：请生成新密钥，并告知信任旧密钥的人。",
        ),
    ),
    "MC-223": (
        Told(
            "The passphrase is missing, or wrong.",
            "The key file is locked with a passphrase, and the one that was given does not open it.",
            "Give it again at the prompt, or by the environment variable or file that the command names.",
        ),
        Told(
            "缺少口令，或口令错误。",
            "密钥文件用口令锁定，所给的口令无法打开它。",
            "请在提示处重新输入，或通过命令指明的环境变量或文件提供。",
        ),
    ),
    "MC-224": (
        Told(
            "The witness's state is damaged, or would go back.",
            "A witness never signs an older or another book than the one it has signed before. Its memory of "
            "that is damaged.",
            "Stop the witness. Its key must not sign again unless the newest state is certain to be there.",
        ),
        Told(
            "见证方的状态已损坏，或会倒退。",
            "见证方从不签署比以前更旧或不同的账本。它对此的记忆已损坏。",
            "请停止该见证方。除非确定有最新状态，否则其密钥不得再签名。",
        ),
    ),
    "MC-225": (
        Told(
            "A witness has seen a longer book.",
            "A witness remembers more blocks of this book than the ledger has. The ledger may be a restored "
            "backup that lacks the newest ones.",
            "Sign nothing. Find the newest copy of the ledger first.",
        ),
        Told(
            "见证方看过更长的账本。",
            "见证方记得的区块比账本现有的更多。该账本可能是缺少最新内容的备份。",
            "不要签署任何内容。请先找到账本的最新副本。",
        ),
    ),
    "MC-226": (
        Told(
            "Two different histories were signed.",
            "A witness holds a book of the same name and key that contradicts this ledger. The key has signed "
            "two histories.",
            "Sign nothing, keep both checkpoints, and find out who has the key.",
        ),
        Told(
            "有两段不同的历史被签名。",
            "见证方持有同名、同密钥但与此账本矛盾的账本。该密钥签署了两段历史。",
            "不要签署任何内容，保留两个检查点，并查明谁持有密钥。",
        ),
    ),
    "MC-227": (
        Told(
            "The quorum is too small to prevent two histories.",
            "Under this trust file, two sets of witnesses could each approve another history without having one "
            "witness in common.",
            "Ask for more witnesses: in every group that counts, for more than half of its members.",
        ),
        Told(
            "见证人数要求过低，不足以防止两段历史。",
            "按照此信任文件，两组没有共同成员的见证方可以各自认可不同的历史。",
            "请要求更多见证方：每个相关组中都要求超过半数成员。",
        ),
    ),
    # --- publishing -----------------------------------------------------------------------------
    "MC-240": (
        Told(
            "A file of the published ledger is missing.",
            "The copy lacks a file that a reader needs, or the address is not a published ledger's.",
            "Check the address. Try another copy, or tell the operator which file is named.",
        ),
        Told(
            "已发布账本缺少文件。",
            "此副本缺少读取所需的文件，或者该地址不是已发布的账本。",
            "请检查地址，换一份副本，或把所列文件名告知运营方。",
        ),
    ),
    "MC-241": (
        Told(
            "A file of the published ledger was changed.",
            "What the file holds is not what the log signed. It was damaged on the way, or exchanged.",
            "Try another copy, and keep this one. Nothing of the changed file was used.",
        ),
        Told(
            "已发布账本的文件被改动。",
            "文件内容与日志签署的不符：可能在途中损坏，也可能被调换。",
            "请换一份副本，并保留这一份。被改动的内容没有被采用。",
        ),
    ),
    "MC-242": (
        Told(
            "The server of the published ledger does not answer as it must.",
            "No connection, an error, an answer cut off or too slow, or a redirect, which is not followed.",
            "Check the address and the connection, then try again later or elsewhere.",
        ),
        Told(
            "已发布账本的服务器没有正常应答。",
            "可能是无法连接、出错、应答中断或过慢，或者要求跳转（不予跟随）。",
            "请检查地址和网络，稍后再试，或换一个地址。",
        ),
    ),
    "MC-243": (
        Told(
            "A file of the published ledger is too long.",
            "The server sent more than such a file can have. Reading stopped there.",
            "Try another copy; this one sends something else than a published ledger.",
        ),
        Told(
            "已发布账本的文件过长。",
            "服务器发送的内容超过了此类文件的上限，读取已停止。",
            "请换一份副本；这一份发送的不是已发布的账本。",
        ),
    ),
    "MC-244": (
        Told(
            "More is published than this ledger has.",
            "The folder's checkpoint covers more blocks than the ledger: it is an old copy, such as a restored backup.",
            "Publish nothing and record nothing. Find the newest copy of the ledger first.",
        ),
        Told(
            "已发布的内容多于此账本。",
            "文件夹中的检查点覆盖的区块比账本多：这是旧副本，例如恢复的备份。",
            "不要发布，也不要继续记账。请先找到账本的最新副本。",
        ),
    ),
    "MC-245": (
        Told(
            "Another history was published.",
            "The published checkpoint and the ledger's do not continue one another, though the same log is named.",
            "Publish nothing. Keep both checkpoints: two heads that the log signed are evidence.",
        ),
        Told(
            "已发布的是另一段历史。",
            "已发布的检查点与账本的检查点互不衔接，尽管属于同一日志。",
            "不要发布。请保留两个检查点：日志签署的两个头就是证据。",
        ),
    ),
    "MC-246": (
        Told(
            "What was to be published does not verify.",
            "A block, entry, page or hash is not what the checkpoint leads to, or a file did not read back as "
            "written. The published checkpoint was not touched.",
            "Audit the ledger. If it is whole, look at the folder's disk and publish again.",
        ),
        Told(
            "待发布的内容未通过验证。",
            "某个区块、条目、页或哈希与检查点不符，或者文件读回后与写入的不同。已发布的检查点没有改动。",
            "请审计账本；若账本完整，请检查文件夹所在磁盘，然后重新发布。",
        ),
    ),
    "MC-247": (
        Told(
            "Somebody else is publishing to this folder.",
            "One process at a time publishes to a folder, and another one has it.",
            "Wait until it is done.",
        ),
        Told(
            "另一个进程正在向此文件夹发布。",
            "同一时间只能有一个进程向文件夹发布。",
            "请等它完成。",
        ),
    ),
    "MC-248": (
        Told(
            "This folder cannot be published to.",
            "It holds something else, another log or a checkpoint that cannot be read; or the system refused to write.",
            "Name an empty folder, or one that this ledger was published to before.",
        ),
        Told(
            "无法向此文件夹发布。",
            "其中有别的内容、另一个日志，或无法读取的检查点；也可能是系统拒绝写入。",
            "请指定空文件夹，或此账本以前发布过的文件夹。",
        ),
    ),
    "MC-249": (
        Told(
            "The sealed rows cannot be opened.",
            "The auditor's part of a published ledger is encrypted to one auditor's key, and belongs to one "
            "ledger. This "
            "key does not open it, or it came with another ledger.",
            "Use the key whose public half the operator was given, and the sealed folder that belongs to this ledger.",
        ),
        Told(
            "无法打开密封的记录。",
            "审计方专用部分只用一位审计方的公钥加密，并且只属于一个账本。您的密钥打不开它，或者它属于另一个账本。",
            "请使用已将公钥交给运营方的那个密钥，以及与此账本对应的密封文件夹。",
        ),
    ),
    # --- cases and institutions -------------------------------------------------------------------
    "MC-320": (
        Told(
            "The opened facts are not the ones that were committed to.",
            "A request or a disclosure commits to facts without showing them. What was opened now leads to "
            "another commitment: a value, a salt or the order differs.",
            "Take the file that was made together with the request. If it is that file, whoever keeps it has "
            "changed it.",
        ),
        Told(
            "打开的事实与当初承诺的不一致。",
            "互助申请或公示只承诺事实而不展示。现在打开的内容得出另一个承诺：某个值、随机盐或次序不同。",
            "请使用与申请一同生成的文件。如果正是该文件，说明保管者改动了它。",
        ),
    ),
    "MC-321": (
        Told(
            "A rule needs facts of the case that nobody opened.",
            "Waiting period, age, cause and maximum follow from facts that are kept beside the chain.",
            "Give the facts with the request.",
        ),
        Told(
            "规则需要用到尚未打开的案件事实。",
            "等待期、年龄、事由和最高金额都取决于保存在链外的事实。",
            "请在申请时一并提供事实。",
        ),
    ),
    "MC-322": (
        Told(
            "No such institution is registered.",
            "The name is unknown on this chain, or the institution was revoked. What it signed before stays.",
            "`mutualchain institution list` shows who is registered.",
        ),
        Told(
            "没有登记过这个机构。",
            "该名称在链上不存在，或者机构已被撤销。它此前签署的内容仍然保留。",
            "用 `mutualchain institution list` 查看已登记的机构。",
        ),
    ),
    "MC-323": (
        Told(
            "The institution cannot be registered or changed like this.",
            "A name and a key are used once. A key must not be another institution's or the chain's own, and "
            "roles that judge one another stay apart: who keeps the money does nothing else, who investigates"
            " neither treats nor counts votes.",
            "Choose another name, a fresh key, or fewer roles.",
        ),
        Told(
            "机构不能这样登记或变更。",
            "名称和密钥只能使用一次。密钥不能属于其他机构或链本身；互相监督的角色必须分开：存管方不兼任其他角色，"
            "调查方不兼任医院或计票方。",
            "请换一个名称、使用新的密钥，或减少角色。",
        ),
    ),
    "MC-324": (
        Told(
            "The institution acts in a role that it does not have.",
            "Each institution is registered with its roles, and speaks only in those.",
            "Ask an institution of that role, or register a new one.",
        ),
        Told(
            "机构以其没有的角色行事。",
            "每个机构登记时注明角色，只能以这些角色发言。",
            "请由具备该角色的机构办理，或登记新的机构。",
        ),
    ),
    "MC-325": (
        Told(
            "The case is outside what the covenant covers.",
            "The clause says why: cause, age, waiting period, seniority, maximum, or the time of the request.",
            "The case can be refused by that clause. The member can appeal.",
        ),
        Told(
            "案件不在公约的保障范围内。",
            "条款说明了原因：事由、年龄、等待期、会龄、最高金额或申请时间。",
            "可以按该条款拒绝此案件，成员可以申诉。",
        ),
    ),
    "MC-326": (
        Told(
            "The member is not covered at the moment.",
            "She has left, has nothing to share with, is in arrears, or still waits, and this covenant lets "
            "nobody request aid then.",
            "She is covered again as the covenant says, usually once she has paid.",
        ),
        Told(
            "该成员目前不在保障中。",
            "她已退出、余额不足、处于欠缴，或仍在等待，本公约不允许此时申请互助金。",
            "按公约恢复保障后（通常是缴清之后）可以申请。",
        ),
    ),
    "MC-327": (
        Told(
            "A sanction forbids the member to request aid.",
            "A sanction with its reason is on the chain, until its day or for good.",
            "She can appeal. A sanction that is lifted, or whose day has come, hinders nothing.",
        ),
        Told(
            "该成员在黑名单中，不能申请互助金。",
            "处分及其原因记录在链上，有的有期限，有的长期有效。",
            "成员可以申诉；处分解除或到期后不再受限。",
        ),
    ),
    "MC-328": (
        Told(
            "The case does not allow this step, or not yet, or no more.",
            "A case goes from request to attestations, disclosure, objection window, perhaps a jury, to "
            "approval or refusal. The clause names the rule that forbids the step now.",
            "`mutualchain case show` says where the case stands and what it waits for.",
        ),
        Told(
            "案件目前不能进行这一步。",
            "案件依次经过申请、核实、公示、异议期、可能的赔审，最后批准或拒绝。条款指明了现在禁止这一步的规则。",
            "用 `mutualchain case show` 查看案件所处的阶段和等待的事项。",
        ),
    ),
    "MC-329": (
        Told(
            "The same report stands in another case.",
            "Its issuer's keyed tag of the report's number is on the chain already. One report serves one case.",
            "Look at the other case. If that one came to nothing, the same member can use the report again.",
        ),
        Told(
            "同一份报告已用于另一案件。",
            "出具方对报告编号生成的标签已在链上。一份报告只能用于一个案件。",
            "请查看另一案件。如果该案件没有结果，同一成员可以再次使用该报告。",
        ),
    ),
    "MC-330": (
        Told(
            "A ballot does not count.",
            "Covered members other than the claimant vote once, while the voting is open.",
            "The row and the reason are named.",
        ),
        Told(
            "选票无效。",
            "只有在保障中的、非申请人的成员可以在投票期内投一次票。",
            "错误信息指明了行号和原因。",
        ),
    ),
    "MC-331": (
        Told(
            "The result of a vote is not what the ballots add up to.",
            "The adjudication states other figures than the sheets of ballots on the chain.",
            "If this is on a chain already, the operator has stated a wrong result: keep the evidence.",
        ),
        Told(
            "投票结果与选票不符。",
            "审议结果所载的数字与链上的选票不一致。",
            "如果这已经记录在链上，说明运营方公布了错误的结果，请保留证据。",
        ),
    ),
    "MC-332": (
        Told(
            "The case cannot be refused by this clause.",
            "A refusal names a clause of the covenant, and one that follows from facts must really be broken.",
            "Name the clause that the case breaks, or approve it.",
        ),
        Told(
            "不能按此条款拒绝案件。",
            "拒绝必须指明公约的条款；由事实决定的条款必须确实被违反。",
            "请指明案件违反的条款，否则应批准。",
        ),
    ),
    "MC-333": (
        Told(
            "Aid cannot be advanced like this.",
            "The covenant says who may advance aid, and how much of what was disclosed; a settled case is "
            "paid, not advanced.",
            "Look at the covenant's [advances].",
        ),
        Told(
            "不能这样先行赔付。",
            "公约规定谁可以先行赔付以及最高比例；已结算的案件应直接发放。",
            "请查看公约的 [advances] 部分。",
        ),
    ),
    "MC-334": (
        Told(
            "The sanction, or its lifting, has nothing to rest on.",
            "A sanction that names a case names a voided one of the same member; a lift names a sanction in force.",
            "Check the slot and the hashes.",
        ),
        Told(
            "处分或其解除没有依据。",
            "处分如果引用案件，必须是同一成员的已作废案件；解除必须引用有效的处分。",
            "请检查会员号和哈希。",
        ),
    ),
    "MC-335": (
        Told(
            "There is nothing to appeal against.",
            "Members appeal once against each refusal, void or sanction that concerns them.",
            "Name the decision by its entry's hash.",
        ),
        Told(
            "没有可以申诉的决定。",
            "成员可以对涉及自己的每个拒绝、作废或处分申诉一次。",
            "请用该决定的条目哈希指明。",
        ),
    ),
    "MC-336": (
        Told(
            "The member's key cannot be replaced like this.",
            "One replacement at a time; the new key is one that nobody has used in this plan; an objection "
            "comes before the delay is over.",
            "Choose a fresh key, or wait for the replacement that is under way.",
        ),
        Told(
            "不能这样更换成员密钥。",
            "一次只能进行一个更换；新密钥必须从未在本计划中使用；异议须在等待期内提出。",
            "请使用新的密钥，或等待进行中的更换。",
        ),
    ),
    "MC-337": (
        Told(
            "The treasury statement is out of turn.",
            "A custodian's statements are as of ever later instants, and never of the future.",
            "Sign a statement as of a later instant.",
        ),
        Told(
            "资金公示的时间次序不对。",
            "存管方的每次公示时间必须晚于上一次，且不能是将来。",
            "请按更晚的时间重新签署。",
        ),
    ),
    "MC-338": (
        Told(
            "An entry about a member and her notice do not belong together.",
            "Every entry about a member stands in one block with one notice row of hers that names it, so "
            "that her record is complete.",
            "If this is on a chain already, the operator has kept something from a member's record: keep the evidence.",
        ),
        Told(
            "关于成员的条目与通知不对应。",
            "每个涉及成员的条目都必须在同一区块中有她的一行通知，她的记录才完整。",
            "如果这已经记录在链上，说明运营方对成员隐瞒了记录，请保留证据。",
        ),
    ),
    "MC-339": (
        Told(
            "This personal data cannot be erased, or not yet.",
            "It was erased before, or a case that is not decided yet needs its facts: who checks the case could check "
            "nothing any more.",
            "Decide the case first, or let the member withdraw it. Then erase.",
        ),
        Told(
            "这些个人信息不能删除，或暂时不能删除。",
            "它此前已被删除；或者尚未作出决定的案件还需要这些事实，否则核对该案件的人将无从核对。",
            "请先对案件作出决定，或由会员撤回申请，然后再删除。",
        ),
    ),
    # --- command line ---------------------------------------------------------------------------
    "MC-250": (
        Told(
            "The file's content cannot be used.",
            "Rows of a CSV file, or values of a covenant file, are wrong. All is recorded or nothing is, so "
            "nothing was.",
            "The lines are named. Correct them and repeat the command with the same reference.",
        ),
        Told(
            "文件内容不能使用。",
            "CSV 文件的某些行或公约文件的某些值有误。要么全部记录，要么都不记录，因此没有记录任何内容。",
            "错误信息指明了行号。请改正后用相同的请求名称重复该命令。",
        ),
    ),
    "MC-251": (
        Told(
            "The operating system refused.",
            "A file could not be written or read: no permission, no room, or a device that failed.",
            "Look at the disk and the permissions, then repeat the command with the same reference.",
        ),
        Told(
            "操作系统拒绝了操作。",
            "无法读写文件：没有权限、没有空间，或设备故障。",
            "请检查磁盘和权限，然后用相同的请求名称重复该命令。",
        ),
    ),
    "MC-252": (
        Told(
            "The demonstration did not show what it should.",
            "A figure, a check or an audit came out differently than it must. The demonstration never hides that.",
            "Report it with the step that is named.",
        ),
        Told(
            "演示没有得出应有的结果。",
            "某个数字、核验或审计的结果与应有的不同。演示不会掩盖这种情况。",
            "请连同所指明的步骤一起反馈。",
        ),
    ),
    "MC-253": (
        Told(
            "What was kept of the book you saw before cannot be read.",
            "Each check keeps the newest book you accepted, and the next one must continue it. That file is "
            "damaged, of "
            "another member, or may not be read, so nothing could be compared. It says nothing about the record.",
            "Take the file from a backup, or move it away and name your last record with --seen. With --no-pin the "
            "record is checked without it.",
        ),
        Told(
            "无法读取您上次所见账本的存照。",
            "每次核验都会保存您认可的最新账本，"
            "下一本必须是它的延续。该文件已损坏、属于另一位会员或不允许读取，因此无法比较。"
            "这并不说明记录有问题。",
            "请从备份恢复该文件；或把它移走，并用 --seen 指明您上一份记录。用 --no-pin 可不作比较而核验记录。",
        ),
    ),
    "MC-254": (
        Told(
            "The template of the notices cannot be used.",
            "A template says how members are told of a round. It has a sentence or a placeholder that is not known, so "
            "that a member would read something odd, or it is not written in the form of one.",
            "Correct what is named. notices --show-template prints the template in use, with all its placeholders.",
        ),
        Told(
            "通知模板不能使用。",
            "模板规定怎样把一期分摊告知会员。其中有不认识的语句或占位符，会员将读到奇怪的文字；"
            "或者文件不是模板的格式。",
            "请改正所指之处。notices --show-template 会打印正在使用的模板及其全部占位符。",
        ),
    ),
    "MC-255": (
        Told(
            "The folder holds something else.",
            "Members' records are written into a folder of their own, all under one head of the book. This one has "
            "other files in it, or records under another head.",
            "Name a new folder. To go on with records that were begun, name their folder alone.",
        ),
        Told(
            "文件夹中是别的内容。",
            "会员的个人记录写入单独的文件夹，并且都以账本的同一个头部为准。该文件夹中有其他文件，"
            "或以另一头部为准的记录。",
            "请指定一个新的文件夹。要接着写已开始的记录，只需给出其文件夹。",
        ),
    ),
    # --- evidence -------------------------------------------------------------------------------
    "MC-280": (
        Told(
            "The evidence file has the wrong form.",
            "Its content is not laid out as evidence is: it was made by a faulty program, or by hand.",
            "It convicts nobody. Ask whoever made it for the file again.",
        ),
        Told(
            "证据文件的格式不正确。",
            "其内容不符合证据的格式：可能由有缺陷的程序生成，或是手工拼凑的。",
            "它不能证明任何人有过错。请向制作者重新索取。",
        ),
    ),
    "MC-281": (
        Told(
            "The file proves nothing against anybody.",
            "What it shows was signed, as far as it was, and does not contradict itself: two books of which one "
            "continues "
            "the other, or blocks that keep the rules.",
            "Do not pass it on as evidence. If you made it yourself, compare the two books again.",
        ),
        Told(
            "此文件不能证明任何人有过错。",
            "其中的内容即使已签名，也并不互相矛盾：两本账前后连续，或者区块符合规则。",
            "请不要把它当作证据传播。如果是您自己制作的，请重新比较这两本账。",
        ),
    ),
    "MC-282": (
        Told(
            "The statements contradict each other, and nobody whom you know has signed both.",
            "To be convicted, one and the same party must have signed all that contradicts. No operator or witness "
            "of your "
            "trust file has.",
            "Check it with a trust file that names the operator, or the witness, whom the evidence is about.",
        ),
        Told(
            "两份声明互相矛盾，但您所知的各方中没有谁同时签署了两者。",
            "只有同一方签署了互相矛盾的全部内容，才能证明其过错。您的信任文件中没有这样的运营方或见证方。",
            "请使用包含相关运营方或见证方密钥的信任文件再次核验。",
        ),
    ),
    "MC-283": (
        Told(
            "These two cannot be compared.",
            "They are of different logs, and every log has a book of its own.",
            "Compare two things of one origin: `mutualchain show` says of which a file is.",
        ),
        Told(
            "这两者无法比较。",
            "它们属于不同的日志，而每个日志都有自己的账本。",
            "请比较同一来源的两份文件：`mutualchain show` 会显示文件属于哪个来源。",
        ),
    ),
    "MC-284": (
        Told(
            "The monitor's state cannot be used.",
            "The file in which the monitor remembers what it saw is damaged, of another version, or another program's.",
            "Name the right file. If it is lost, move it away: the monitor begins anew, and cannot compare with "
            "what it saw.",
        ),
        Told(
            "监测程序的状态文件无法使用。",
            "监测程序用来记住所见内容的文件已损坏、版本不同，或者属于其他程序。",
            "请指定正确的文件。如果已经丢失，请把它移走：监测将重新开始，无法再与以前所见进行比较。",
        ),
    ),
    "MC-285": (
        Told(
            "Another monitor is using this state file.",
            "Two monitors that write one file would each forget what the other saw.",
            "End the other one, or name another file with --state.",
        ),
        Told(
            "另一个监测程序正在使用此状态文件。",
            "两个监测程序写同一个文件，会互相丢失对方所见的内容。",
            "请先结束另一个监测程序，或用 --state 指定另一个文件。",
        ),
    ),
    "MC-360": (
        Told(
            "The plan is being wound down, or has ended.",
            "From the announcement on nobody joins and the covenant stays; after the request days no aid is requested.",
            "`mutualchain plan closing-statement LEDGER PLAN` shows how far the wind-down is.",
        ),
        Told(
            "该计划正在关停，或已经结束。",
            "自公告起不再接受加入，公约不再修订；申请期满后不再受理互助申请。",
            "`mutualchain plan closing-statement LEDGER PLAN` 可显示关停进度。",
        ),
    ),
    "MC-361": (
        Told(
            "This step of the wind-down is not possible yet, or not again.",
            "A plan ends when nothing is outstanding: no request, no case to be shared or paid, nothing to be put in.",
            "`mutualchain plan closing-statement LEDGER PLAN` names what is outstanding, and by which clause.",
        ),
        Told(
            "关停的这一步现在不能进行，或不能重复进行。",
            "只有在没有未决申请、没有待分摊或待发放的案件、没有待补足的款项时，计划才能结束。",
            "`mutualchain plan closing-statement LEDGER PLAN` 会指明尚未了结的事项及其条款。",
        ),
    ),
    "MC-362": (
        Told(
            "A closing statement is not what the ledger comes to.",
            "The recorded statement has other figures than those that follow from the chain.",
            "If this is on a chain already, the operator has stated a wrong end: keep the evidence.",
        ),
        Told(
            "清算公示与账本不符。",
            "链上记录的清算公示，其数字与由链推算出的结果不一致。",
            "如果这已经记录在链上，说明运营方公布了错误的清算结果，请保留证据。",
        ),
    ),
    "MC-300": (
        Told(
            "Too few members share.",
            "The covenant names the smallest number of members among whom a case may be shared. Fewer than that share "
            "at the snapshot, so that each would carry too much.",
            "Wait until more members are covered, or close the plan by the covenant's closing rules.",
        ),
        Told(
            "分摊人数太少。",
            "公约规定了一期分摊所需的最少人数。零时快照时参与分摊的成员少于该人数，每人负担会过重。",
            "请等待更多成员恢复保障，或按公约的关停规则结束计划。",
        ),
    ),
    "MC-301": (
        Told(
            "The calendar does not allow this now.",
            "The covenant says on which days rounds are disclosed and deducted, or how long before the deduction they "
            "are announced. This round was opened or settled at another time.",
            "Wait for the instant that the message names; an auditor who finds it on a chain should keep the data.",
        ),
        Told(
            "按公约日程，现在不能这样做。",
            "公约规定了公示日和扣款日，或扣款前的公告期。这一期的开启或扣款不在规定时间。",
            "请等到信息中给出的时间；审计者若在链上发现此情况，请保留数据。",
        ),
    ),
    "MC-302": (
        Told(
            "More arrears would be paid than are owed.",
            "A payment of arrears makes good a deduction that failed. The member owes less than this, or nothing.",
            "Record what goes beyond the arrears as an ordinary credit.",
        ),
        Told(
            "补缴金额超过欠缴金额。",
            "补缴用于补足未成功的扣款。该成员欠缴的金额小于此数，或没有欠缴。",
            "超出欠缴的部分请作为普通充值记录。",
        ),
    ),
    "MC-303": (
        Told(
            "This credit cannot be corrected so.",
            "A correction takes back a wrong credit of the same member, at most its amount and only once. The number "
            "named is no such credit, or it was corrected already.",
            "Look up the running number of the wrong credit in the member's record.",
        ),
        Told(
            "该笔充值不能这样更正。",
            "更正用于撤回同一成员的一笔错误充值，最多为其金额，且只能一次。所指编号不是这样的充值，或已经更正过。",
            "请在成员的记录中查找错误充值的编号。",
        ),
    ),
    "MC-304": (
        Told(
            "This refund does not follow from a voided case.",
            "When a shared case proves false, everybody gets back exactly what it cost her, once. The case is "
            "not void, "
            "was not shared, was refunded already, or the rows are not those of its round.",
            "Void the case first; where a recorded sheet is wrong, keep the data and tell an auditor.",
        ),
        Told(
            "该退款与已作废的案件不符。",
            "已分摊的案件被证明虚假后，每人退回其为该案件支付的金额，且只退一次。该案件未作废、未分摊、已退款，"
            "或退款行与该期不符。",
            "请先作废案件；若链上记录有误，请保留数据并告知审计者。",
        ),
    ),
    "MC-305": (
        Told(
            "The membership has ended because of arrears.",
            "A snapshot found the member in arrears for longer than the covenant's grace period, and the covenant ends "
            "the membership then. Money can only be taken out of this slot.",
            "She can withdraw what is left, and join again in a new slot where the covenant allows it.",
        ),
        Told(
            "该成员因欠缴已失去成员资格。",
            "零时快照时，该成员的欠缴已超过公约的宽限期，按公约其成员资格终止。此会员号只能提取余额。",
            "她可以提取余额；公约允许时，可用新会员号重新加入。",
        ),
    ),
    "MC-306": (
        Told(
            "Nothing could fail to be collected here.",
            "A failed collection was reported for a slot from which nothing was due, or in a plan that deducts from "
            "balances.",
            "Report only members who share in the open round of a plan that collects by mandate.",
        ),
        Told(
            "此处没有可失败的扣款。",
            "报告扣款失败的会员号本期无应扣金额，或该计划从余额中扣款。",
            "只报告代扣计划中本期参与分摊的成员。",
        ),
    ),
    "MC-307": (
        Told(
            "The covenant cannot be changed like this.",
            "An amendment is the next version, announced as long before as the covenant in force asks for, passed by "
            "the members where they vote, and leaves currency and funding as they are.",
            "Record it as the next version, with enough notice; hold the vote first where there is one.",
        ),
        Told(
            "公约不能这样修改。",
            "修订须为下一版本，按现行公约提前公示，需要投票时须经成员通过，且币种和缴费方式不变。",
            "请按下一版本并留足公示期记录；需要投票时请先完成投票。",
        ),
    ),
    "MC-308": (
        Told(
            "This money does not fit its source.",
            "Money for the next round comes from the operator, a fund, a donation, or is recovered from a voided case; "
            "only a recovery names a case, and that has to be void.",
            "Name the right source, or void the case first.",
        ),
        Told(
            "该笔资金与其来源不符。",
            "用于下一期的资金来自运营方、基金、捐赠，或从已作废案件追回；只有追回须指明案件，且该案件须已作废。",
            "请填写正确的来源，或先作废案件。",
        ),
    ),
}
"""By code: English, Simplified Chinese."""
