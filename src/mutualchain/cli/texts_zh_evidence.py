"""Evidence and comparison in Simplified Chinese, for ``texts_zh``."""

from __future__ import annotations

from .ending import EVIDENCE

__all__ = ["TEXTS"]

TEXTS: dict[str, str] = {
    # --- verdicts -------------------------------------------------------------------------------
    "CONVICTED": "证据成立",
    "NOT EVIDENCE": "不构成证据",
    "This file convicts nobody. Do not pass it on as evidence.": "此文件不能证明任何人有过错。请不要把它当作证据传播。",
    "Nothing could be concluded: by this check nobody is convicted, and nobody cleared.": (
        "无法得出结论：这次核验既未证明任何人有过错，也未排除任何人。"
    ),
    "This holds before everybody who knows these keys, whoever made the file.": (
        "无论文件由谁制作，凡知道这些密钥的人都能得出同样的结论。"
    ),
    "What was signed": "签署了什么",
    "{size} blocks, with the root": "共 {size} 个区块，根哈希为",
    "with the keys": "所用密钥",
    # --- who ------------------------------------------------------------------------------------
    "The operator of {origin}": "{origin} 的运营方",
    "The operator of {origin} and the witness {names}": "{origin} 的运营方和见证方 {names}",
    "The operator of {origin} and the witnesses {names}": "{origin} 的运营方和见证方 {names}",
    "The witness {names}, asked to cosign {origin},": "为 {origin} 联署的见证方 {names}",
    "The witnesses {names}, asked to cosign {origin},": "为 {origin} 联署的见证方 {names}",
    # --- of what --------------------------------------------------------------------------------
    "{who} signed two different books of {larger} blocks.": "{who}签署了两本不同的账，均为 {larger} 个区块。",
    "{who} signed two books that contradict each other: one of {smaller} blocks, "
    "and one of {larger} that begins otherwise.": (
        "{who}签署了两本互相矛盾的账：一本有 {smaller} 个区块，另一本有 {larger} 个区块，但开头部分不同。"
    ),
    "{who} signed two books that contradict each other: one of {smaller} blocks and one of {larger}, "
    "which begin differently up to block {height}.": (
        "{who}签署了两本互相矛盾的账：一本有 {smaller} 个区块，另一本有 {larger} 个区块，"
        "到第 {height} 号区块为止的开头部分不同。"
    ),
    "{who} signed two books that contradict each other: one of {smaller} blocks and one of {larger}, "
    "with different blocks at height {height}.": (
        "{who}签署了两本互相矛盾的账：一本有 {smaller} 个区块，另一本有 {larger} 个区块，第 {height} 号区块各不相同。"
    ),
    "{who} signed a book that breaks its rules: block {height} says that it is block {stated}.": (
        "{who}签署了违反规则的账：第 {height} 号区块自称是第 {stated} 号。"
    ),
    "{who} signed a book that breaks its rules: block {height} names another chain as its own.": (
        "{who}签署了违反规则的账：第 {height} 号区块自称属于另一条链。"
    ),
    "{who} signed a book that breaks its rules: block {height} counts {stated} plans and commits to {found} states.": (
        "{who}签署了违反规则的账：第 {height} 号区块计有 {stated} 个计划，却承诺了 {found} 个状态。"
    ),
    "{who} signed a book that breaks its rules: block {height} commits to two states of the plan {plan}.": (
        "{who}签署了违反规则的账：第 {height} 号区块对计划 {plan} 承诺了两个状态。"
    ),
    "{who} signed a book that breaks its rules: block {height} commits to its plans out of order.": (
        "{who}签署了违反规则的账：第 {height} 号区块中的计划次序混乱。"
    ),
    "{who} signed a book that breaks its rules: block {height} does not name the block before it.": (
        "{who}签署了违反规则的账：第 {height} 号区块没有指明它的前一个区块。"
    ),
    "{who} signed a book that breaks its rules: block {later} is dated before block {earlier}.": (
        "{who}签署了违反规则的账：第 {later} 号区块的时间早于第 {earlier} 号区块。"
    ),
    "{who} signed a book that breaks its rules: the plan {plan} is there at block {earlier} "
    "and gone at block {later}.": (
        "{who}签署了违反规则的账：计划 {plan} 在第 {earlier} 号区块存在，到第 {later} 号区块却消失了。"
    ),
    "{who} signed a false counter: the plan {plan} has {before} {what} at block {earlier} "
    "and {after} at block {later}.": (
        "{who}签署了虚假的计数：计划 {plan} 的{what}在第 {earlier} 号区块为 {before}，到第 {later} 号区块却为 {after}。"
    ),
    "{who} signed a false counter: the {what} of the plan {plan} are as many at block {later} "
    "as at block {earlier}, and others.": (
        "{who}签署了虚假的计数：计划 {plan} 的{what}在第 {later} 号区块与第 {earlier} 号区块数量相同，内容却不同。"
    ),
    "{who} signed a book that breaks its rules: the {what} that the plan {plan} had at block {earlier} "
    "are others at block {later}.": (
        "{who}签署了违反规则的账：计划 {plan} 在第 {earlier} 号区块已有的{what}，到第 {later} 号区块被换成了别的。"
    ),
    "{who} signed a false counter: the plan {plan} counts {stated} {what} at block {height}, where {due} follow.": (
        "{who}签署了虚假的计数：计划 {plan} 在第 {height} 号区块计有{what} {stated}，而实际应为 {due}。"
    ),
    "{who} signed a book that breaks its rules: {reason}.": "{who}签署了违反规则的账：{reason}。",
    "members": "会员数",
    "sheets": "表",
    "entries": "条目",
    "sheets {schema}": "表 {schema}",
    # --- limits ---------------------------------------------------------------------------------
    "It shows what these keys signed. Whether the holder or a thief used them, it does not show.": (
        "它证明这些密钥签署了什么，不能证明使用密钥的是持有人还是盗用者。"
    ),
    "Your trust file says that a key of this log counts for a time only; this does not show when it signed.": (
        "您的信任文件规定该日志的某个密钥仅在一段时间内有效；这里不能证明它是何时签署的。"
    ),
    "It does not show which of the two books is the true one.": "它不能说明两本账中哪一本是真的。",
    "It says nothing about whoever is not named.": "对未提及的各方，它不作任何说明。",
    # --- compare --------------------------------------------------------------------------------
    "SAME": "相同",
    "EXTENDS": "延续",
    "SPLIT": "分叉",
    "CANNOT TELL": "无法判断",
    "Both are the book of {origin}, {size} blocks long.": "两者都是 {origin} 的账本，共 {size} 个区块。",
    "{larger} continues {smaller}: its first {size} blocks are the same, and {count} more came.": (
        "{larger} 是 {smaller} 的延续：前 {size} 个区块相同，其后新增 {count} 个区块。"
    ),
    "{larger} continues {smaller}: its first {size} blocks are the same, and one more came.": (
        "{larger} 是 {smaller} 的延续：前 {size} 个区块相同，其后新增一个区块。"
    ),
    "{smaller} and {larger} contradict each other.": "{smaller} 与 {larger} 互相矛盾。",
    "What was given does not show whether {larger} continues {smaller}.": (
        "所提供的内容不能说明 {larger} 是否为 {smaller} 的延续。"
    ),
    "Give the published ledger of the larger book, {size} blocks, or a record of it that was made with "
    "--since the smaller one.": ("请提供较大账本（{size} 个区块）的公开账本，或以 --since 指明较小账本而制作的记录。"),
    "The larger book, {size} blocks, is not the published one yet, or no longer: wait until the published "
    "ledger has as many, or ask why it has not.": (
        "较大的账本（{size} 个区块）尚未公开，或已不再公开：请等公开账本达到同样的区块数，或询问为何没有。"
    ),
    EVIDENCE: "证据已保存在 {file}。请交给审计人员、见证方和其他会员：任何人都可以核验。",
}
