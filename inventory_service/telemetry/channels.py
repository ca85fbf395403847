"""What the hub, and whoever takes pushes, tell of channels. Implements `usecases.sync.ports.Tells`."""

from collections.abc import Iterable

from prometheus_client import Counter

import inventory_service.telemetry.registry  # noqa: F401  # decides where numbers are kept, before the first is made

_calls = Counter(
    "inventory_channel_attempts", "A duty's turn at a platform, by what came of it.", ("channel", "duty", "outcome")
)
_orders = Counter("inventory_channel_orders", "Orders that arrived, by what they were.", ("channel", "outcome"))
_pushes = Counter("inventory_channel_pushes", "Messages of platforms, by what came of them.", ("channel", "outcome"))


def expect(channels: Iterable[str]) -> None:
    """Each at 0: a rate needs a first value."""
    for channel in channels:
        _calls.labels(channel, "poll", "answered")
        _orders.labels(channel, "new")
        _pushes.labels(channel, "noted")


def called(channel: str, duty: str, outcome: str) -> None:
    _calls.labels(channel, duty, outcome).inc()


def took(channel: str, outcome: str) -> None:
    _orders.labels(channel, outcome).inc()


def pushed(channel: str, outcome: str) -> None:
    _pushes.labels(channel, outcome).inc()
