"""What a member reads before she signs, in Simplified Chinese, for ``texts_zh``."""

from __future__ import annotations

__all__ = ["TEXTS"]

TEXTS: dict[str, str] = {
    "To be signed:": "待签名的内容：",
    "You take {amount} out of the plan.": "您从互助计划中取出 {amount}。",
    "You leave the plan. From the next round on you share nothing, and are not covered.": (
        "您退出互助计划。自下一期起不再分摊，也不再有保障。"
    ),
    "You vote for it.": "您投支持票。",
    "You vote against it.": "您投反对票。",
    "You ask for aid of {amount}.": "您申请互助金 {amount}。",
    "You object to a case.": "您对一个案件提出异议。",
    "You take your request for aid back.": "您撤回互助申请。",
    "You appeal against a decision.": "您对一项决定提出申诉。",
    "You hand your membership over to another key. Yours counts no more from then on.": (
        "您把会员资格移交给另一把密钥，此后您的密钥不再有效。"
    ),
    "You take over a membership: it is handed over to your key.": "您接收会员资格：它移交给您的密钥。",
    "Your key takes the place of a lost one, unless that one objects in time.": (
        "您的密钥将接替一把遗失的密钥，除非原密钥及时提出异议。"
    ),
    "You say that your key is not lost: it is not replaced.": "您声明密钥没有遗失：它不会被更换。",
    "{amount} of the currency's smallest unit (yuan: fen)": "{amount} 个最小货币单位（人民币为分）",
    "running number": "流水号",
    "reason code": "原因代码",
    "reference hash": "请求名称的哈希",
    "voted on": "表决对象",
    "covenant version": "互助公约版本",
    "sealed facts": "封存的事实",
    "decision": "所申诉的决定",
    "grounds": "理由文件的哈希",
    "new key": "新密钥",
    "voucher": "证明机构",
    "replacement": "密钥更换",
    "Whether book and slot are yours was not checked: add --record with your record.": (
        "没有核对账本和会员号是不是您的：请用 --record 加上您的记录。"
    ),
    "Book and plan are those of the record.": "账本和互助计划与该记录一致。",
    "Book, plan and key are those of your record, and the slot where one is named.": (
        "账本、互助计划和密钥与您的记录一致；写明会员号的，会员号也一致。"
    ),
    "Do you want to sign this?": "您要签名吗？",
    "The signature is in {file}.": "签名已保存在 {file}。",
    "Give the signature back with --seq {number}.": "交回签名时请同时使用 --seq {number}。",
}
