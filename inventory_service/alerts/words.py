"""What alarms are called, and what a person does about them, in English and Chinese."""

from collections.abc import Mapping
from typing import NamedTuple

from inventory_service.domain.notices import Severity, Step


class Said(NamedTuple):
    en: str
    zh: str


class Alarm(NamedTuple):
    title: Said
    mend: Said


SEVERITIES: Mapping[Severity, Said] = {
    Severity.CRITICAL: Said("CRITICAL", "严重"),
    Severity.WARNING: Said("WARNING", "警告"),
    Severity.INFO: Said("INFO", "提示"),
}
STEPS: Mapping[Step, Said] = {
    Step.OPENED: Said("Alarm", "告警"),
    Step.MORE: Said("Alarm, more of it", "告警增加"),
    Step.STILL: Said("Alarm, still open", "告警未解决"),
    Step.OVER: Said("Alarm is over", "告警已解除"),
    Step.TEST: Said("Alarm test", "告警测试"),
}
FACTS: Mapping[str, Said] = {
    "deficit": Said("{} promised too much", "超卖 {} 件"),
    "available": Said("{} left", "剩 {} 件"),
    "failures": Said("{} orders", "{} 单"),
    "warn_below": Said("warns below {}", "预警线 {}"),
    "reason": Said("{}", "{}"),
    "state": Said("{}", "{}"),
}

ALARMS: Mapping[str, Alarm] = {
    "deficit": Alarm(
        Said("more is promised than is on the shelf", "库存不足以交付已承诺的订单"),
        Said(
            "Find the goods, move stock, or release an order: GET /v1/alerts names the orders at risk.",
            "找到货物、调入库存或释放订单；GET /v1/alerts 列出受影响的订单。",
        ),
    ),
    "low_stock": Alarm(
        Said("stock runs low", "库存偏低"),
        Said("Order or move goods, or lower the threshold.", "补货、调拨，或调低预警线。"),
    ),
    "duplicate_id": Alarm(
        Said("an id was used twice", "同一编号被重复使用"),
        Said(
            "GET /v1/alerts says how it was undone; where its state is refused or stands, judge it.",
            "GET /v1/alerts 说明如何撤销；状态为 refused 或 stands 时需人工判断。",
        ),
    ),
    "quarantined": Alarm(
        Said("the ledger does not follow a SKU or a reservation", "账本停止跟踪某个商品或预留"),
        Said(
            "`inventory-service ledger quarantine` says why; once it is mended: `inventory-service ledger requalify`.",
            "运行 `inventory-service ledger quarantine` 查看原因；修复后运行 `inventory-service ledger requalify`。",
        ),
    ),
    "difference": Alarm(
        Said("Redis and the ledger differ", "Redis 与账本不一致"),
        Said(
            "Stop changing that SKU, run `inventory-service verify`, and find out who wrote there.",
            "暂停修改该商品，运行 `inventory-service verify`，查明是谁写入的。",
        ),
    ),
    "gate_closed": Alarm(
        Said("nothing is sold: the gate is closed", "销售已停止：闸门关闭"),
        Said(
            "`inventory-service doctor` says which command leads out.", "运行 `inventory-service doctor` 查看恢复命令。"
        ),
    ),
    "ledger_restored": Alarm(
        Said("Postgres was restored from a backup", "Postgres 已从备份恢复"),
        Said(
            "See that keys, warehouses and notes are as they were, then acknowledge it.",
            "核对密钥、仓库和备注是否与之前一致，然后确认此告警。",
        ),
    ),
    "ledger_gap": Alarm(
        Said("the ledger has a gap", "账本有缺口"),
        Said("Count the stock of what was sold meanwhile.", "盘点缺口期间售出的商品。"),
    ),
    "transfer_discrepancy": Alarm(
        Said("a transfer arrived with less, more or damaged goods", "调拨到货数量不符或有损坏"),
        Said(
            "GET /v1/alerts names the lines: look for the goods, or claim them.",
            "GET /v1/alerts 列出明细：查找货物或索赔。",
        ),
    ),
    "channel_silent": Alarm(
        Said("a channel is silent", "渠道没有订单进来"),
        Said(
            "GET /v1/channels/status says why: see that a hub runs, its credential, its platform, its address.",
            "GET /v1/channels/status 说明原因：检查 hub 进程是否运行、凭证、平台和地址。",
        ),
    ),
    "channel_differs": Alarm(
        Said("a platform's orders are not ours", "平台订单与本地不一致"),
        Said(
            "Look at the differences of the check, and repair them with one command.", "查看核对差异，用一条命令修复。"
        ),
    ),
    "order_failed": Alarm(
        Said("orders of a shop cannot be read", "店铺订单无法读取"),
        Said(
            "GET /v1/orders/failures names field and reason: mend the mapping, they are tried again by themselves.",
            "GET /v1/orders/failures 列出字段和原因：修正店铺映射后会自动重试。",
        ),
    ),
    "cancel_unanswered": Alarm(
        Said("a warehouse does not say whether it stopped a cancelled order", "仓库未答复取消指令"),
        Said(
            "Ask it, the stock waits: answer the position in GET /v1/alerts with `not-shipped`, or `shipped`.",
            "联系仓库，库存等待释放：对 GET /v1/alerts 中的 position 答复 `not-shipped` 或 `shipped`。",
        ),
    ),
    "warehouse_silent": Alarm(
        Said("a warehouse does not take up its orders", "仓库未接收订单"),
        Said(
            "Does its WMS read GET /v1/wms/outbound-orders and answer `ack`? Reallocate what must leave today.",
            "检查其 WMS 是否读取 GET /v1/wms/outbound-orders 并答复 `ack`；当天必须发出的请改派仓库。",
        ),
    ),
    "credential_changed": Alarm(
        Said("a credential of a shop was changed", "店铺凭证已更换"),
        Said(
            "If it was not you: `inventory-service channels credentials history`.",
            "如非本人操作，运行 `inventory-service channels credentials history`。",
        ),
    ),
    "credential_expiring": Alarm(
        Said("a credential of a shop ends soon", "店铺凭证即将到期"),
        Said(
            "Authorise the shop anew: `inventory-service channels credentials set`.",
            "重新授权：`inventory-service channels credentials set`。",
        ),
    ),
    "credential_invalid": Alarm(
        Said("a platform refuses the credential of a shop: its orders do not come", "平台拒绝店铺凭证，订单已停止进入"),
        Said(
            "Set the new secret: `inventory-service channels credentials set`; nothing has to be restarted.",
            "设置新密钥：`inventory-service channels credentials set`，无需重启。",
        ),
    ),
}


def alarm_words(code: str) -> Alarm:
    """Of a code that has none yet: the code itself."""
    spelled = code.replace("_", " ")
    where = Said("GET /v1/alerts tells all of it.", "详情见 GET /v1/alerts。")
    return ALARMS.get(code) or Alarm(Said(spelled, spelled), where)
