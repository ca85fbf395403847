"""Files of articles: a line per part in CSV, an article per line in NDJSON, and every wrong line is named."""

import json

import pytest

from inventory_service.domain.errors import Refused
from inventory_service.stockfile import items
from inventory_service.stockfile.items import ItemFile, read_item_file
from inventory_service.stockfile.reading import Format
from inventory_service.usecases.sync.ports import PARTS_MAX, Item

HEADER = "product_id,sku_id,sku,quantity\n"


def csv(text: str, header: str = HEADER, **options: str) -> ItemFile:
    return read_item_file((header + text).encode(), "items.csv", Format.CSV, **options)


def ndjson(*values: object) -> ItemFile:
    text = "\n".join(value if isinstance(value, str) else json.dumps(value) for value in values)
    return read_item_file(text.encode(), "items.ndjson", Format.NDJSON)


def told(read: ItemFile) -> list[str]:
    return [f"{each.line} {each.column}: {each.expected} [{each.found}]" for each in read.problems]


def test_a_bundle_has_a_line_for_each_of_its_parts() -> None:
    read = csv("520,100,TEE-RED-M,1\n521,,TEE-RED-M,2\n\n520,101,TEE-RED-L, 1 \n521,,MUG-BLUE,1\n522,,,\n")
    assert told(read) == []
    assert read.lines == 5
    assert read.items == [
        Item("520", "100", {"TEE-RED-M": 1}),
        Item("521", "", {"TEE-RED-M": 2, "MUG-BLUE": 1}),
        Item("520", "101", {"TEE-RED-L": 1}),
        Item("522", "", {}),
    ]


def test_columns_in_any_order_and_parted_otherwise() -> None:
    read = csv("2;衣服-红;520\n", "Quantity;SKU;product_id\n", delimiter=";")
    assert read.items == [Item("520", "", {"衣服-红": 2})]


def test_an_article_is_an_object_as_the_api_takes_it() -> None:
    parts = [{"sku": "TEE", "quantity": 2}, {"sku": "MUG", "quantity": 1.0}]
    read = ndjson(
        {"product_id": 4_888_888_888_888_888_001, "sku_id": "1", "parts": parts}, {"product_id": "5", "parts": []}
    )
    assert told(read) == []
    assert read.items == [Item("4888888888888888001", "1", {"TEE": 2, "MUG": 1}), Item("5", "", {})]


ID = "the platform's id, 1 to 64 visible characters"
UNMANGLED = "as it was before a spreadsheet rounded it: format the column as text there"
NEW = "a SKU that was not named for this article before"
NUMBER = "a whole number, 1 to 1,000,000"


@pytest.mark.parametrize(
    ("lines", "problems"),
    [
        (",,TEE,1\n", [f"2 product_id: {ID} []"]),
        ("5 0,,TEE,1\n", [f"2 product_id: {ID} [5 0]"]),
        ("4.88889E+18,,TEE,1\n", [f"2 product_id: {UNMANGLED} [4.88889E+18]"]),
        ("5,1.2E+15,TEE,1\n", [f"2 sku_id: {UNMANGLED} [1.2E+15]"]),
        ("5,,T EE,x\n", [
            "2 sku: 1 to 64 printable characters without whitespace [T EE]", f"2 quantity: {NUMBER} [x]",
        ]),
        ("5,,TEE,\n", [f"2 quantity: {NUMBER} []"]),
        ("5,,TEE,0\n6,,TEE,1000001\n", [f"2 quantity: {NUMBER} [0]", f"3 quantity: {NUMBER} [1000001]"]),
        ("5,,TEE,1\n5,,TEE,2\n", [f"3 sku: {NEW} [TEE]"]),
        ("5,,TEE,1\n5,,,\n", [f"3 sku: {NEW} []"]),
        ("5,,,\n5,,TEE,1\n", [f"3 sku: {NEW} [TEE]"]),
        ("5,,TEE\n", ["2 : 4 fields, as the first line names [3 fields]"]),
        ("x y,,TEE,1\nx y,,TEE,1\n", [f"2 product_id: {ID} [x y]", f"3 product_id: {ID} [x y]"]),
    ],
)  # fmt: skip
def test_each_wrong_line_is_named(lines: str, problems: list[str]) -> None:
    assert told(csv(lines)) == problems


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ("[1]", ["2 : a JSON object [[1]]"]),
        ({"product_id": "5"}, ["2 parts: a list of parts, each with sku and quantity []"]),
        ({"product_id": True, "parts": []}, [f"2 product_id: {ID} [true]"]),
        ({"product_id": "5", "parts": [7]}, ["2 parts[0]: an object with sku and quantity [7]"]),
        ({"product_id": "5", "parts": [{"sku": "", "quantity": 1.5}]}, [
            "2 parts[0].sku: 1 to 64 printable characters without whitespace []",
            f"2 parts[0].quantity: {NUMBER} [1.5]",
        ]),
        ({"product_id": "5", "parts": [{"sku": "A", "quantity": 1}, {"sku": "A", "quantity": 1}]}, [
            f"2 parts[1].sku: {NEW} [A]",
        ]),
        ({"product_id": "5", "part": [], "parts": []}, ["2 part: parts [part]"]),
        ({"product_id": "1", "parts": []}, [
            "2 product_id: an article that was not named before [1]", f"2 sku: {NEW} []",
        ]),
    ],
)  # fmt: skip
def test_each_wrong_object_is_named(value: object, problems: list[str]) -> None:
    assert told(ndjson({"product_id": "1", "parts": [{"sku": "TEE", "quantity": 1}]}, value)) == problems


def test_an_article_has_so_many_parts_at_most() -> None:
    lines = "".join(f"5,,S{number},1\n" for number in range(PARTS_MAX + 1))
    assert told(csv(lines)) == [f"{PARTS_MAX + 2} sku: one of at most {PARTS_MAX} parts [S{PARTS_MAX}]"]


def test_what_is_no_such_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for header, words in (
        ("sku,warehouse,quantity\n", '"warehouse" is no column; product_id is missing'),
        ("product_id;sku;quantity\n", "parted by a semicolon"),
        (HEADER, "has no line below them"),
    ):
        with pytest.raises(Refused, match=words):
            csv("", header)
    monkeypatch.setattr(items, "LINES_MAX", 2)
    with pytest.raises(Refused, match="more than 2 lines: split it"):
        csv("1,,A,1\n2,,A,1\n3,,A,1\n")
