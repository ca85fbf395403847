"""Nothing but the calls: decodes, encodes, keeps nothing. What no peer in one Python process can be faster than."""

from loadtests.peers.surface import Answer, Line, Order, Reservation


class Echo:
    """Every order is new to it, and there is always enough."""

    async def open(self) -> None:
        """There is no store."""

    async def close(self) -> None:
        """There is no store."""

    async def prepare(self) -> None:
        """There is nothing to forget."""

    async def receive(self, line: Line) -> None:
        """It does not count."""

    async def reserve(self, order: Order) -> Answer:
        return Answer(201, Reservation(order.reservation_id, "held", order.expires_at()))

    async def confirm(self, reservation_id: str) -> Answer:
        return Answer(200, {"reservation_id": reservation_id, "status": "confirmed"})

    async def release(self, reservation_id: str) -> Answer:
        return Answer(200, {"reservation_id": reservation_id, "status": "released"})
