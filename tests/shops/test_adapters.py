"""The platforms' own adapters against strict simulators of them, with credentials out of a real store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from inventory_service.bootstrap.probing import probe
from inventory_service.channels.clock import SystemClock
from inventory_service.domain.shops.credential import Credential
from inventory_service.domain.shops.shop import Shop
from inventory_service.usecases.shops.ports import ProbeOutcome
from inventory_service.usecases.shops.probe_shop import ProbeShop, ShopProbed
from tests.shops.house import CHANNELS, House, Process
from tests.simulators.douyin import DouyinSimulator
from tests.simulators.generic import GenericSimulator
from tests.simulators.platform import Simulator
from tests.simulators.taobao import TaobaoSimulator

SIMULATORS = {"taobao": TaobaoSimulator, "douyin": DouyinSimulator, "generic": GenericSimulator}


@dataclass
class Running:
    """A shop at a simulated platform, registered with the right credential."""

    simulator: Simulator
    process: Process

    async def probed(self) -> ShopProbed:
        parts = self.process
        return await ProbeShop(parts.shops, parts.credentials, parts.watch, probe, within_s=60.0)("tees")

    async def enter(self) -> None:
        """What the platform wants to see now, typed in by a person."""
        it = self.simulator
        entered = Credential(
            version=0, app_key=it.app_key, app_secret=it.secret, access_token=it.access_token,
            refresh_token=it.refresh_token,
        )  # fmt: skip
        await self.process.secrets.set("tees", entered, 60_000, "desk")


@pytest.fixture(params=CHANNELS)
async def running(request: pytest.FixtureRequest, empty: House) -> AsyncIterator[Running]:
    simulator = SIMULATORS[request.param](SystemClock())
    async with simulator.serving():
        process = empty.process()
        await process.manage.put(Shop("tees", request.param, "T", "Li Lei", simulator.url), "desk")
        running = Running(simulator, process)
        await running.enter()
        yield running


async def test_a_secret_changed_at_night(running: Running) -> None:
    assert (await running.probed()).result.outcome is ProbeOutcome.OK
    running.simulator.change_secret()
    refused = (await running.probed()).result
    assert (refused.outcome, refused.which) == (ProbeOutcome.CREDENTIAL_REFUSED, "app_secret")
    assert running.simulator.secret not in repr(refused)
    for _ in range(2):
        await running.process.watch.refused("tees", refused.which, refused.detail)
    assert not await running.process.watch.may_call("tees")
    await running.enter()
    assert await running.process.watch.may_call("tees")
    assert ((await running.probed()).result.outcome, (await running.probed()).version) == (ProbeOutcome.OK, 2)


@pytest.mark.parametrize("running", ["taobao", "douyin"], indirect=True)
async def test_renewed_tokens_are_kept(running: Running, empty: House) -> None:
    running.simulator.expire_tokens()
    assert (await running.probed()).result.outcome is ProbeOutcome.OK
    assert running.simulator.refreshes == 1
    (credential,) = await empty.process().credentials.live("tees")
    assert credential.access_token == running.simulator.access_token
