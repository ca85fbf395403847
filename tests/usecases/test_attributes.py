"""What a record carries besides stock."""

import pytest

from inventory_service.usecases.attributes import Attributes, from_json, to_json
from inventory_service.usecases.requests import AllocationWish, Destination

FULL = Attributes(
    channel="tmall",
    order_ref="1001",
    customer_id="c-77",
    ship_to=Destination(country="CN", region="310000", lat=31.2, lon=121.5, confidence="coordinates"),
    allocation=AllocationWish("balance", ("SHA", "PEK"), 2),
    metadata={"cart": "9f3", "gift": True, "n": None},
)


@pytest.mark.parametrize(
    "attributes",
    [
        FULL,
        Attributes(),
        Attributes(order_ref="1"),
        Attributes(ship_to=Destination(lat=0.0, lon=0.0)),
        Attributes(allocation=AllocationWish(max_splits=1)),
    ],
)
def test_what_is_written_is_read_back(attributes: Attributes) -> None:
    assert from_json(to_json(attributes)) == attributes


def test_only_what_was_sent_is_written() -> None:
    assert to_json(Attributes()) == "{}"
    assert to_json(Attributes(order_ref="1", ship_to=Destination(region="310000"))) == (
        '{"order_ref":"1","ship_to":{"region":"310000"}}'
    )
    assert from_json("") == Attributes()


def test_coordinates_are_too_coarse_to_find_a_person() -> None:
    written = from_json(to_json(Attributes(ship_to=Destination(lat=31.23456, lon=-121.4789))))
    assert written.ship_to == Destination(lat=31.2, lon=-121.5)


def test_names_and_addresses_are_not_written() -> None:
    sent = Destination(region="310000", province="上海市", city="上海市", address="李四, 科苑路15号", postcode="200000")
    assert to_json(Attributes(ship_to=sent)) == '{"ship_to":{"region":"310000"}}'


def test_a_record_of_before_is_read() -> None:
    before = from_json('{"ship_to":{"country":"CN","province":"上海市","city":"上海市","lat":31.2,"lon":121.5}}')
    assert before.ship_to == Destination("CN", "", "上海市", "上海市", 31.2, 121.5)
