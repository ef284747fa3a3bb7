"""What an auditor meets, in Simplified Chinese: the report's words, and what an audit did not see."""

from __future__ import annotations

__all__ = ["LIMITS", "TEXTS"]

TEXTS: dict[str, str] = {
    "{count} finding": "{count} 项发现",
    "{count} findings": "{count} 项发现",
    "... and {count} more of {code} at {place}": "…… 另有 {count} 项 {code}，位于 {place}",
    "Not checked, or not to be known from a chain": "未核查的，或从链上无法得知的",
    "The trust file is {file}, which lay beside the ledger: it shows that the ledger is consistent, not whose it is. "
    "Name one that you got elsewhere with --trust.": (
        "使用的信任文件是账本旁边的 {file}：这只能说明账本前后一致，不能说明它是谁的账本。"
        "请用 --trust 指明从账本以外的渠道取得的信任文件。"
    ),
    "No trust file was given: the log key was taken from the ledger itself. Whoever made this ledger, it is "
    "consistent; that it is the book your operator signs for everybody, this does not show.": (
        "没有给出信任文件：日志密钥取自账本本身。不论账本由谁制作，它前后一致；但这不能说明它就是您的运营方为所有人签署的那本账。"
    ),
    "unknown": "不详",
    "{blocks} blocks, {entries} entries, {sheets} sheets, {statements} statements of members, {anchors} anchors": (
        "{blocks} 个区块、{entries} 个条目、{sheets} 张表、{statements} 份会员声明、{anchors} 个锚定"
    ),
    "origin": "账本名称",
    "checked": "已核查",
    "rows": "行数",
    "hashed": "已算哈希",
    "{bytes} bytes": "{bytes} 字节",
    "{bytes} bytes in {time}": "{bytes} 字节，用时 {time}",
    "none that can be relied on": "没有可以依据的检查点",
    "witnesses": "见证方",
    "replay": "重放",
    "full replay": "完整重放",
    "public replay": "公开重放",
    "no replay: its rules are unknown here": "未重放：本版本不认识其规则",
    "not full": "未完整的原因",
    ", and one more is open": "，另有一期已公布",
    ", {count} of them void": "，其中 {count} 个已作废",
    "deposits": "预存",
    "credits": "充值",
    "withdrawals": "取款",
    "corrections": "冲正",
    "collected by mandate": "代扣收取",
    "arrears": "欠缴",
    "refunds": "退款",
    "fees": "管理费合计",
    "put in by others": "他方投入",
    "top-ups": "补充款",
    "waiting for the next round": "留待下一期",
    "surplus": "结余合计",
    "deficit": "缺口合计",
    "to be held": "应持有",
    "{name} holds {held}, where {expected} is expected: a difference of {difference}": (
        "{name}持有 {held}，应为 {expected}：相差 {difference}"
    ),
    "{name} holds {held}, as expected": "{name}持有 {held}，与账本相符",
    "means": "含义",
    "do": "处理",
    "the stored data is not what was signed": "存储的数据不是当初签名的内容",
    "what was signed breaks a rule": "已签名的内容违反规则",
    "could not be checked": "无法核查",
}
LIMITS: dict[str, str] = {
    "No checkpoint can be relied on here: the chain was held against itself alone.": (
        "这里没有可以依据的检查点：只核对了链自身是否一致。"
    ),
    "{} block(s) are not yet under a {} checkpoint; they were checked all the same.": (
        "有 {0} 个区块尚无{1}的检查点覆盖；仍已核查。"
    ),
    "cosigned": "经联署",
    "signed": "已签名",
    "The trust file asks for no witness: the operator could show somebody else another history.": (
        "信任文件不要求见证方：运营方可能给别人看另一段历史。"
    ),
    "{} anchor(s) do not carry the quorum of witnesses.": "有 {0} 个锚定未达见证方法定人数。",
    "{} anchor(s) are signed by no key that is known here.": "有 {0} 个锚定的签名密钥在此无法识别。",
    "Block signatures were not checked any more after the entry that names the key was lost.": (
        "写明密钥的条目丢失之后，区块签名未再核查。"
    ),
    "{} entries are lost, and what they did is in no total.": "有 {0} 个条目丢失，其影响未计入合计。",
    "{} block(s) are lost, and so is what they held.": "有 {0} 个区块丢失，其内容也随之丢失。",
    "{}: {} sealed sheet(s), or their secrets, are not here ({}).": ("{0}：有 {1} 张封存的表或其秘密不在这里（{2}）。"),
    "A copy with holes": "副本有缺失",
    "A public replay": "公开重放",
    "{} sheet(s) of notices were not read: whom they tell was taken from the entries.": (
        "有 {0} 张通知表未读取：通知了谁由条目得出。"
    ),
    "Plan {}: balances, statuses and event counts were not recomputed any more, because {}.": (
        "计划 {0}：余额、状态和变动计数未再重新计算，原因：{1}。"
    ),
    "Plan {}: its rules were not applied any more, because {}.": "计划 {0}：未再应用其规则，原因：{1}。",
    "The facts of {} of {} requested case(s) were erased, on record.": (
        "{1} 个已申请的案件中，有 {0} 个的事实已删除，并有记录。"
    ),
    "{} of {} requested case(s) are not opened here: their causes, ages, diagnoses and waiting periods were not "
    "checked.": "{1} 个已申请的案件中，有 {0} 个在此没有公开：其原因、年龄、诊断和等待期未核查。",
    "{} collection(s) failed, by the operator's word: nobody else can tell.": (
        "有 {0} 笔代扣失败，仅凭运营方所言：别人无从得知。"
    ),
    "{} key(s) stand in two slots; whether their members had left before is not known.": (
        "有 {0} 把公钥出现在两个会员号中；其会员此前是否已退出不得而知。"
    ),
    "{} signature(s) of members were not checked: their keys are unreadable.": (
        "有 {0} 个会员签名未核查：其公钥无法读取。"
    ),
    "{} more finding(s) were counted and not kept.": "另有 {0} 项发现只计数，未保留。",
    "That a diagnosis is true, that money left a bank, and that no member is a dummy cannot be seen on a chain.": (
        "诊断是否属实、款项是否已从银行转出、会员中有没有虚构的人，从链上看不出来。"
    ),
    "An event that nobody recorded cannot be seen either.": "没有人记录的事情也看不出来。",
    "too many rows of block {} are not what the covenant computes": "第 {0} 号区块有过多的行与公约的计算不符",
    "{} holds something that this release does not know": "{0} 中有本版本不认识的内容",
    "its covenant in {} is damaged": "{0} 中的互助公约已损坏",
    "{} holds an entry that this release does not know": "{0} 中有本版本不认识的条目",
    "block {} holds rows of {}, for which there are no rules yet": "第 {0} 号区块有 {1} 的行，而尚无相应规则",
    "refunds in block {} are damaged": "第 {0} 号区块的退款已损坏",
    "members' rows in block {} are damaged": "第 {0} 号区块的会员行已损坏",
    "sealed rows of block {} are damaged": "第 {0} 号区块封存的行已损坏",
    "the sealed rows of {} in block {} are not in this copy": "第 {1} 号区块中 {0} 的封存行不在这份副本里",
}
"""What an audit says it did not see, ``{}`` for each value."""
