"""Records and notices of all members, in Simplified Chinese: the English sentence is the key."""

from __future__ import annotations

__all__ = ["TEXTS"]

TEXTS: dict[str, str] = {
    "records": "个人记录",
    "notices": "通知",
    "{count} record is in {place}.": "{count} 份个人记录已写入 {place}。",
    "{count} records are in {place}.": "{count} 份个人记录已写入 {place}。",
    "{bytes} bytes in {time}.": "共 {bytes} 字节，用时 {time}。",
    "{count} was there already.": "其中 {count} 份此前已写好。",
    "{count} were there already.": "其中 {count} 份此前已写好。",
    "Nothing was missing. For records under a newer head, name a new folder.": (
        "没有缺少的记录。要得到以更新的头部为准的记录，请指定新的文件夹。"
    ),
    "All are under the head of {size} blocks. In words:": "均以共 {size} 个区块的账本头部为准，用词表示为：",
    "{count} case": "{count} 个案件",
    "{count} cases": "{count} 个案件",
    "{count} member": "{count} 人",
    "{count} notice of round {round} is in {place}.": "第 {round} 期的 {count} 条通知已写入 {place}。",
    "{count} notices of round {round} are in {place}.": "第 {round} 期的 {count} 条通知已写入 {place}。",
    "{count} is asked to pay in.": "其中 {count} 人被提醒充值或缴清欠款。",
    "{count} are asked to pay in.": "其中 {count} 人被提醒充值或缴清欠款。",
    "{count} who had left before is not told; --everybody tells her too.": (
        "{count} 人在此之前已退出，未写通知；加 --everybody 可一并写入。"
    ),
    "{count} who had left before are not told; --everybody tells them too.": (
        "{count} 人在此之前已退出，未写通知；加 --everybody 可一并写入。"
    ),
    "In {time}, under the head of {size} blocks. In words:": (
        "用时 {time}，以共 {size} 个区块的账本头部为准，用词表示为："
    ),
    "failed": "扣款未成功",
}
