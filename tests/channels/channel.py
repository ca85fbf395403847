"""A shop on a simulated platform, and our adapter to it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from inventory_service.channels.registry import open_adapter
from inventory_service.channels.shop import Shop
from inventory_service.domain.shops.credential import Credential
from inventory_service.usecases.sync.adapter import Adapter, Arrived, Missed, TakesPushes
from inventory_service.usecases.sync.pull import pull
from inventory_service.usecases.sync.taken import Taken
from inventory_service.usecases.sync.watermark import Watermark
from tests.simulators import douyin, generic, taobao
from tests.simulators.book import Order
from tests.simulators.clock import SimulatedClock
from tests.simulators.douyin import DouyinSimulator
from tests.simulators.generic import GenericSimulator
from tests.simulators.platform import Simulator
from tests.simulators.taobao import TaobaoSimulator

MINUTE_MS = 60 * 1000
HOUR_MS = 60 * MINUTE_MS
ATTEMPTS = 4  # of one call
SHOWN_STATE = {"taobao": taobao.shown_state, "douyin": douyin.shown_state, "generic": generic.shown_state}
LISTS = {
    "taobao": "taobao.trades.sold.increment.get",
    "douyin": "order.searchList",
    "generic": "orders.search",
}


def simulator_of(platform: str, clock: SimulatedClock) -> Simulator:
    kinds = {"taobao": TaobaoSimulator, "douyin": DouyinSimulator, "generic": GenericSimulator}
    return kinds[platform](clock)


@dataclass
class Safe:
    """Credentials in memory."""

    versions: list[Credential]
    renewals: list[Credential] = field(default_factory=list)

    async def live(self) -> Sequence[Credential]:
        return list(self.versions)

    async def renewed(self, credential: Credential) -> None:
        self.renewals.append(credential)
        self.versions = [credential if old.version == credential.version else old for old in self.versions]


@dataclass
class Channel:
    """`kept`: the newest document of each order that arrived; `arrivals`: how often each did."""

    simulator: Simulator
    adapter: Adapter
    safe: Safe
    clock: SimulatedClock
    watermark: Watermark
    kept: dict[str, Arrived] = field(default_factory=dict)
    arrivals: dict[str, int] = field(default_factory=dict)
    missed: list[Missed] = field(default_factory=list)

    @property
    def list_calls(self) -> int:
        return self.simulator.count(LISTS[self.simulator.name])

    @property
    def pushes(self) -> TakesPushes:
        assert isinstance(self.adapter, TakesPushes)
        return self.adapter

    async def poll(self) -> None:
        """As the hub does: keep the orders, then the watermark."""
        async for step in pull(self.adapter, self.watermark, Taken()):
            for order in step.orders:
                self.keep(order)
            self.watermark = step.watermark

    def keep(self, order: Arrived | Missed) -> None:
        if isinstance(order, Missed):
            self.missed.append(order)
            return
        self.arrivals[order.channel_order_id] = self.arrivals.get(order.channel_order_id, 0) + 1
        known = self.kept.get(order.channel_order_id)
        if known is None or known.modified_ms <= order.modified_ms:
            self.kept[order.channel_order_id] = order

    def state_of(self, order: Order) -> str:
        return SHOWN_STATE[self.simulator.name](self.kept[order.order_id].document)

    def change_secret(self) -> None:
        """At the platform; ours is told by `enter_secret`."""
        self.simulator.change_secret()

    def enter_secret(self, keep_old: bool = False) -> None:
        """A person enters the platform's new secret as a new version."""
        newest = self.safe.versions[0]
        entered = replace(newest, version=newest.version + 1, app_secret=self.simulator.secret)
        self.safe.versions = [entered, newest] if keep_old else [entered]


@asynccontextmanager
async def opened(
    platform: str, options: Mapping[str, str] | None = None, answer_ms_max: int = 12_000
) -> AsyncIterator[Channel]:
    clock = SimulatedClock()
    simulator = simulator_of(platform, clock)
    async with simulator.serving():
        safe = Safe([credential_of(simulator)])
        shop = Shop(
            name="shop-1",
            platform=platform,
            base_url=simulator.url,
            calls_per_second=1000,
            answer_ms_max=answer_ms_max,
            answer_bytes_max=2 * 1024 * 1024,
            options=options or {},
        )
        adapter = open_adapter(shop, safe, clock)
        try:
            yield Channel(simulator, adapter, safe, clock, Watermark(clock.now_ms() - HOUR_MS))
        finally:
            await adapter.close()


def credential_of(simulator: Simulator) -> Credential:
    return Credential(
        version=1,
        app_key=simulator.app_key,
        app_secret=simulator.secret,
        access_token=simulator.access_token,
        refresh_token=simulator.refresh_token,
    )
