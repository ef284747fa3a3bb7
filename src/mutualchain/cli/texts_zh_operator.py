"""What an operator, a witness and whoever monitors meets, in Simplified Chinese."""

from __future__ import annotations

__all__ = ["TEXTS"]

TEXTS: dict[str, str] = {
    # --- the ledger ---------------------------------------------------------------------------------
    "A new ledger: {origin}": "新账本：{origin}",
    "ledger": "账本",
    "chain": "链",
    "keys": "密钥",
    "trust file": "信任文件",
    "Move {recovery} offline now. It is needed only if block.key is lost or stolen.": (
        "请立即把 {recovery} 移到离线处。只有 block.key 遗失或被盗时才需要它。"
    ),
    "Whoever has log.key and block.key can write in this book. Back them up, and keep them private.": (
        "持有 log.key 和 block.key 的人可以在这本账里写入。请备份，并妥善保密。"
    ),
    "Hand the trust file to members and auditors on a way that does not lead through this server.": (
        "请通过不经过本服务器的渠道把信任文件交给会员和审计人员。"
    ),
    "Tell the witnesses the log key, so that they know this book: {names}.": (
        "请把日志公钥告诉见证方，使其认识这本账：{names}。"
    ),
    "{origin}: {size} blocks copied to {place}.": "{origin}：{size} 个区块已复制到 {place}。",
    "{origin}: {size} blocks restored to {place}, signed and consistent.": (
        "{origin}：{size} 个区块已恢复到 {place}，签名有效、前后一致。"
    ),
    "The last one is of {when}.": "最后一个区块的时间是 {when}。",
    "The keys are not in it: back them up apart from it.": "其中没有密钥：请另行备份。",
    "What was recorded after that moment is not in it, and members may hold receipts for it.": (
        "此后记录的内容不在其中，而会员可能持有相应的回执。"
    ),
    "Write in it only if no later copy exists: whoever saw more blocks will see a rollback.": (
        "只有在没有更新的副本时才可写入：看到过更多区块的人会发现账本被回退。"
    ),
    "Keys are looked for in {folder}; --keys names another folder.": (
        "密钥在 {folder} 中查找；可用 --keys 指明其他文件夹。"
    ),
    "`mutualchain cosign {ledger}` asks the witnesses; nothing is written before they agree.": (
        "`mutualchain cosign {ledger}` 会询问见证方；在其同意之前不写入任何内容。"
    ),
    "{origin}: {size} blocks, cosigned by the quorum.": "{origin}：共 {size} 个区块，已达法定人数联署。",
    "{folder} holds {size} blocks of {origin}.": "{folder} 中有 {origin} 的 {size} 个区块。",
    "{files} files with {bytes} bytes were written and verified.": "已写出并核验 {files} 个文件，共 {bytes} 字节。",
    "It was up to date: nothing was written.": "已是最新：没有写入任何内容。",
    "{folder} holds their sealed rows for the auditor alone.": "{folder} 中是其封存的行，只供审计人员。",
    "{count} sealed sheet was encrypted.": "已加密 {count} 张封存的表。",
    "{count} sealed sheets were encrypted.": "已加密 {count} 张封存的表。",
    "Stopped. What was published is whole.": "已停止。已发布的内容是完整的。",
    # --- status -------------------------------------------------------------------------------------
    "checkpoint": "检查点",
    "cosigned": "联署",
    "{size}, the last one of {when}": "{size} 个，最后一个的时间是 {when}",
    "signed over {size} blocks": "已签署 {size} 个区块",
    "{size} blocks, by the witnesses' quorum": "{size} 个区块，已达见证方法定人数",
    "No plan yet.": "还没有计划。",
    "Plan {plan}: {title}": "计划 {plan}：{title}",
    ", {count} of them has left": "，其中 {count} 位已退出",
    ", {count} of them have left": "，其中 {count} 位已退出",
    "money in": "存入",
    "{joining} on joining, {later} later": "加入时 {joining}，此后 {later}",
    "money out": "取出",
    "{amount} withdrawn": "{amount}",
    "deducted": "扣款",
    "{amount} in {count} round": "{count} 期共 {amount}",
    "{amount} in {count} rounds": "{count} 期共 {amount}",
    "balances": "余额合计",
    "Round {number} is open: {share} each from {headcount} members.": (
        "第 {number} 期已公布：{headcount} 位会员每人分摊 {share}。"
    ),
    "settled": "结算",
    "The last {shown} of {count}; `{command}` shows all.": (
        "仅列出 {count} 项中最近的 {shown} 项；`{command}` 可列出全部。"
    ),
    "slot {slot}, aid {aid}: {state}": "会员号 {slot}，互助金 {aid}：{state}",
    " in round {number}": "，第 {number} 期",
    ", {amount} paid": "，已发放 {amount}",
    "disclosed": "公示中",
    "approved": "已批准",
    "refused": "已拒绝",
    "taken back": "已撤回",
    "void": "已作废",
    "announced": "已公布",
    "shared": "已分摊",
    # --- plans and members --------------------------------------------------------------------------
    "The plan {plan} ({title}) stands in block {height}.": "计划 {plan}（{title}）已写入第 {height} 号区块。",
    "Covenant": "互助公约",
    "Slot {slot} of {plan} is hers, recorded in block {height}.": (
        "会员号为 {slot}（计划 {plan}），写入第 {height} 号区块。"
    ),
    "{count} member joined {plan} in block {height}.": "{count} 位会员加入 {plan}，写入第 {height} 号区块。",
    "{count} members joined {plan} in block {height}.": "{count} 位会员加入 {plan}，写入第 {height} 号区块。",
    "Whether the covenant's limits of age are kept was not checked: no date of birth was given.": (
        "未核对是否符合公约的年龄要求：没有给出出生日期。"
    ),
    "Slots {first} to {last}.": "会员号 {first} 至 {last}。",
    "The commitment is the one to no claims; it cannot be changed later.": (
        "承诺值是没有任何声明的那一个，以后不能更改。"
    ),
    "{amount} withdrawn by slot {slot}, recorded in block {height}.": (
        "会员号 {slot} 取出 {amount}，写入第 {height} 号区块。"
    ),
    "Slot {slot} has left {plan}, recorded in block {height}.": (
        "会员号 {slot} 已退出 {plan}，写入第 {height} 号区块。"
    ),
    "From the next round on she shares nothing. What is left of her balance she can withdraw.": (
        "从下一期起不再分摊。剩余的余额可以取出。"
    ),
    "{count} credit, recorded in block {height}.": "{count} 笔入账，写入第 {height} 号区块。",
    "{count} credits, recorded in block {height}.": "{count} 笔入账，写入第 {height} 号区块。",
    "{amount} credited to slot {slot}, recorded in block {height}.": (
        "会员号 {slot} 入账 {amount}，写入第 {height} 号区块。"
    ),
    "The key is in {file}.": "密钥已保存在 {file}。",
    "The operator:": "运营方：",
    "A member:": "会员：",
    "The invitation to {plan} ({title}, covenant {version}) is in {file}.": (
        "计划 {plan}（{title}，第 {version} 版公约）的加入邀请已写入 {file}。"
    ),
    # --- the catalogue ------------------------------------------------------------------------------
    "An example: shared afterwards, capped at 20 yuan a round with the rest carried over, hospitals vouch.": (
        "示例：事后分摊，每期封顶 20 元，其余结转；由医院核实。"
    ),
    "Prepaid 9 yuan, up to 500,000 yuan by age, 180 days of waiting.": (
        "预存 9 元，按年龄最高 500,000 元，等待期 180 天。"
    ),
    "Run by its members: they vote on rules, and the divisor is the headcount of the period before.": (
        "由会员自治：规则由会员表决，分摊人数取上一期的人数。"
    ),
    "A cap of 0.10 yuan for each case; at its end all shares were refunded.": (
        "每个案件封顶 0.10 元；终止时退还了全部分摊金额。"
    ),
    "Prepaid 10 yuan, and a reminder when less than 5 are left.": "预存 10 元，余额不足 5 元时提醒。",
    "Prepaid 3 yuan; 70 million members in February 2019, 80 million in June.": (
        "预存 3 元；2019 年 2 月有 7,000 万会员，6 月有 8,000 万。"
    ),
    "The first weeks of what became 相互宝: a fee of 10% of the aid.": (
        "相互宝的前身，最初几周：管理费为互助金的 10%。"
    ),
    "The largest plan there was: over 100 million members, two rounds a month, a fee of 8% of the aid.": (
        "规模最大的计划：会员超过一亿，每月两期，管理费为互助金的 8%。"
    ),
    "As 众托帮, with aid that grows by a fifth of the maximum with every year of membership.": (
        "同众托帮，但互助金上限按入会年数每年增加五分之一。"
    ),
    "Prepaid 10 yuan, rounds by event, no fee in its published example of five million members.": (
        "预存 10 元，按案件分摊；其公布的五百万会员示例中没有管理费。"
    ),
    # --- cases and rounds ---------------------------------------------------------------------------
    "The case is approved, recorded in block {height}.": "案件已批准，写入第 {height} 号区块。",
    "No case yet.": "还没有案件。",
    "Round {number} of {plan} is announced in block {height}.": (
        "{plan} 的第 {number} 期已公布，写入第 {height} 号区块。"
    ),
    "Round {number} of {plan}": "{plan} 的第 {number} 期",
    "No round was settled yet.": "还没有结算过的期。",
    "{amount} in {count} case": "{amount}，{count} 个案件",
    "{amount} in {count} cases": "{amount}，{count} 个案件",
    "carried out": "结转下期",
    "topped up": "补充款",
    "received": "实收",
    "shortfall": "缺口",
    "snapshot": "零时快照",
    "{count} of {all} members": "{all} 位会员中的 {count} 位",
    "The round is settled: {count} row, in block {height}.": "该期已结算：{count} 行，写入第 {height} 号区块。",
    "The round is settled: {count} rows, in block {height}.": "该期已结算：{count} 行，写入第 {height} 号区块。",
    "The money is recorded in block {height}; the next round shares that much less.": (
        "款项已写入第 {height} 号区块；下一期相应少分摊。"
    ),
    "The case is given back: {count} row, in block {height}.": (
        "案件的分摊已退还：{count} 行，写入第 {height} 号区块。"
    ),
    "The case is given back: {count} rows, in block {height}.": (
        "案件的分摊已退还：{count} 行，写入第 {height} 号区块。"
    ),
    "The correction is recorded in block {height}.": "冲正已写入第 {height} 号区块。",
    # --- records and receipts -----------------------------------------------------------------------
    "The record of slot {slot} is in {file}: {bytes} bytes.": "会员号 {slot} 的记录已写入 {file}：{bytes} 字节。",
    "It holds what the checkpoint over {size} blocks covers.": "其内容以覆盖 {size} 个区块的检查点为准。",
    "That it was handed out could not be noted ({why}): make her next one with --since {size}.": (
        "未能记下这份记录已交出（{why}）：出具下一份时请加 --since {size}。"
    ),
    "Next, with her passport:": "下一步，使用会员的个人密钥：",
    "{file}: block {height}, under {size} blocks.": "{file}：第 {height} 号区块，账本头覆盖 {size} 个区块。",
    "Cosigned by {names}.": "联署方：{names}。",
    "nobody": "无",
    "When the platform has sent you your record:": "平台把记录发给您之后：",
    "Interrupted. What was acknowledged is recorded; nothing else is.": "已中断。已确认的内容都已记录，其余没有记录。",
    "note": "提示",
    "waiting: {code}: {why}": "等待中：{code}：{why}",
    "{done} of {total}": "{done} / {total}",
    "Passphrase of {file}": "{file} 的口令",
    "auditing": "正在审计",
    "deducting": "正在扣款",
    "giving back": "正在退还",
    "joining": "正在登记",
    "playing": "正在模拟",
    "reading rows": "正在读取",
    "publishing": "正在发布",
    # --- keys ---------------------------------------------------------------------------------------
    "log key": "日志密钥",
    "retired log key": "停用的日志密钥",
    "block key": "区块密钥",
    "next block key": "下一把区块密钥",
    "recovery key": "恢复密钥",
    "{key}, from {when}": "{key}，自 {when} 起",
    "Both keys sign now.": "现在两把密钥同时签名。",
    "old": "旧",
    "new": "新",
    "retired": "已停用",
    "cancelled": "已取消",
    "There is no trust file {file}: add the line `log {key}` to yours.": (
        "没有信任文件 {file}：请在您的信任文件中加上 `log {key}` 一行。"
    ),
    "{file} names both now: hand it out to all who check.": "{file} 现已写明两把密钥：请分发给所有核验的人。",
    "{file} named both already: hand it out to all who check.": "{file} 此前已写明两把密钥：请分发给所有核验的人。",
    "Ask every witness to add the new key: mutualchain witness add CONFIG ORIGIN VKEY": (
        "请每个见证方加入新密钥：mutualchain witness add CONFIG ORIGIN VKEY"
    ),
    "When all of them have it:": "全部加入之后：",
    "The new key signs alone.": "只由新密钥签名。",
    "{file}: the old key counts for what witnesses saw until {when}.": (
        "{file}：旧密钥对见证方在 {when} 之前看到的内容仍然有效。"
    ),
    "{file} asks for no witness, so nobody says when something was signed. It still names both keys: "
    "take the old one's line out when nobody needs it any more, and at once if it was stolen.": (
        "{file} 不要求见证方，因此没有人证明签署的时间。其中仍有两把密钥：不再需要旧密钥时请删去那一行；"
        "若旧密钥被盗，请立即删去。"
    ),
    "Hand out the trust file again, and destroy the retired key.": "请重新分发信任文件，并销毁停用的密钥。",
    "The old key signs alone again.": "恢复为只由旧密钥签名。",
    "Who has a trust file with the new key's line should get another one.": (
        "信任文件中已有新密钥一行的人，应换一份信任文件。"
    ),
    "The new block key signs from now on.": "从现在起由新的区块密钥签名。",
    "Back up block.key, and destroy the retired one.": "请备份 block.key，并销毁停用的密钥。",
    "The new block key is announced.": "新的区块密钥已公布。",
    "The new block key signs from {when} on.": "新的区块密钥自 {when} 起签名。",
    "Before that nothing can be written. Whoever still has the old key rotates with that one instead.": (
        "在此之前无法写入。仍持有旧密钥的，请改用旧密钥更换。"
    ),
    # --- witnesses and monitors ---------------------------------------------------------------------
    "A witness's key, and a state for it.": "见证方的密钥及其状态已生成。",
    "Whoever trusts this witness puts that line into a trust file.": "信任这个见证方的人把这一行写入信任文件。",
    "When the state is lost, the key is lost: make a new one. No backup brings a state back.": (
        "状态丢失，密钥即告作废：请重新生成。备份不能恢复状态。"
    ),
    "{file} has {count} log.": "{file} 中有 {count} 个日志。",
    "{file} has {count} logs.": "{file} 中有 {count} 个日志。",
    "is not among them": "不在其中",
    "A running witness reads the file again when it gets SIGHUP.": "运行中的见证方收到 SIGHUP 时重新读取该文件。",
    "listening on {address}": "正在监听 {address}",
    "key": "密钥",
    "log": "日志",
    "It knows no log yet.": "还没有任何日志。",
    "{late} of {count} logs are late.": "{count} 个日志中有 {late} 个迟延。",
    "late": "迟延",
    "no longer witnessed": "不再见证",
    "never": "从未",
    "{place}: {size} blocks of {origin}": "{place}：{origin} 的 {size} 个区块",
    ", seen by witnesses {ago}": "，见证方于 {ago}看到",
    ", dated by its operator {ago}": "，运营方标注为 {ago}",
    "{place}: {before} to {size} blocks": "{place}：从 {before} 个区块增至 {size} 个",
    "{count} days ago": "{count} 天前",
    "{count} hours ago": "{count} 小时前",
    "{count} minutes ago": "{count} 分钟前",
    "{count} seconds ago": "{count} 秒前",
    "{kind} at {place}: {text}": "{kind}，{place}：{text}",
    "over: {alarm}": "已解除：{alarm}",
    "evidence: {file}": "证据：{file}",
    "No alarm.": "没有告警。",
    "BROKEN RULE": "违反规则",
    "STALE": "过旧",
    "NO QUORUM": "未达法定人数",
    "UNREACHABLE": "无法访问",
}
