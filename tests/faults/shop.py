"""What is set up once per database."""

from tests.acceptance.waiting import eventually
from tests.faults.goods import WAREHOUSES
from tests.faults.rig import Rig


async def open_warehouses(rig: Rig) -> None:
    """Every API process knows them when this returns."""
    caller = rig.caller()
    try:
        for code, described in WAREHOUSES.items():
            answer = await caller.call("PUT", f"/v1/warehouses/{code}", described)
            assert answer is not None
            assert answer[0] == 200, answer
        for url in rig.urls:

            async def known(url: str = url) -> bool:
                answer = await caller.get("/v1/warehouses", url)
                return answer is not None and {row["code"] for row in answer[1]["data"]} >= WAREHOUSES.keys()

            await eventually(known, "every API process knows the warehouses")
    finally:
        await caller.close()
