"""`channels map`: a sample payload becomes an order, or is told why not."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_screens import run
from tests.mapping.samples import SAMPLES, TAOBAO

SHOP = 'version = 1\nextends = "taobao"\n[line]\nsku.path = "outer_iid"\n'


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    file = tmp_path / "trade.json"
    file.write_text(json.dumps({"trade_fullinfo_get_response": {"trade": TAOBAO}}), encoding="utf-8")
    return file


def shown(*arguments: str) -> dict[str, Any]:
    said = run("channels", "map", *arguments, "--json")
    assert said.stderr == ""
    found: dict[str, Any] = json.loads(said.stdout)
    assert said.returncode == (1 if found.get("misfits") else 0)
    return found


def test_a_sample_becomes_an_order(sample: Path) -> None:
    found = shown("test", str(sample), "--channel", "taobao")
    assert (found["mapping"]["name"], found["mapping"]["version"]) == ("taobao/mapping.toml", 1)
    order = found["order"]
    assert (order["channel_order_id"], order["payment"], order["amounts"]["paid_minor"]) == (
        *("2600000000000000001", "paid", 9380),
    )
    assert (order["lines"][0]["sku"], order["receiver"]["city"], order["presale"]) == ("TEE-RED-M", "济源市", None)

    said = run("channels", "map", "test", str(sample), "--channel", "taobao")
    assert (said.returncode, said.stderr) == (0, "")
    lines = [line.split() for line in said.stdout.splitlines()]
    assert ["times.modified_ms", "2026-11-10", "16:01:02.000"] in lines
    assert ["amounts.paid_minor", "9380"] in lines
    assert any(line[:2] == ["2600000000000000011", "TEE-RED-M"] for line in lines)


def test_a_mapping_of_ones_own_may_extend_ours(sample: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "shop.toml"
    mapping.write_text(SHOP, encoding="utf-8")
    found = shown("test", str(sample), "--mapping", str(mapping), "--channel", "taobao")
    assert (found["mapping"]["name"], found["order"]["lines"][0]["sku"]) == ("shop.toml", "TEE")
    assert found["mapping"]["digest"] != shown("show", "taobao")["mapping"]["digest"]

    other = run("channels", "map", "test", str(sample), "--mapping", str(mapping), "--channel", "douyin")
    assert (other.returncode, "is a mapping of taobao, not of douyin" in other.stderr) == (2, True)


def test_each_field_that_does_not_fit_is_told(tmp_path: Path) -> None:
    file = tmp_path / "trade.json"
    file.write_text(json.dumps({**TAOBAO, "status": "\x1b[2J", "payment": 0.125}), encoding="utf-8")
    said = run("channels", "map", "test", str(file), "--channel", "taobao")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.splitlines() == [
        "error: trade.json does not fit taobao/mapping.toml:",
        r'  order.payment at status: "\x1b[2J" is not in table payment',
        r'  order.fulfilment at status: "\x1b[2J" is not in table fulfilment',
        "  amounts.paid_minor at payment: has more than the 2 decimals of CNY",
    ]
    found = shown("test", str(file), "--channel", "taobao")
    assert found["order"] is None
    assert [each["field"] for each in found["misfits"]] == ["order.payment", "order.fulfilment", "amounts.paid_minor"]


NO_JSON = {
    "empty": b"",
    "cut": b"{",
    "no text": b"\xff\xfe",
    "no number": b'{"tid": NaN}',
    "deep": b"[" * 200_000,
    "long": b'{"tid": ' + b"9" * 5000 + b"}",
    "endless": b'{"tid": 1e99999999999999999999}',
}


@pytest.mark.parametrize("content", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "trade.json"
    file.write_bytes(content)
    said = run("channels", "map", "test", str(file), "--channel", "taobao")
    assert (said.returncode, said.stdout) == (1, "")
    [line] = said.stderr.splitlines()
    assert line.startswith("error: trade.json is no JSON: ")


def test_a_wrong_mapping_is_wrong_usage(sample: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "shop.toml"
    mapping.write_text(SHOP.replace("sku", "skus") + "quantity.type = 7\n", encoding="utf-8")
    said = run("channels", "map", "test", str(sample), "--mapping", str(mapping))
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.splitlines() == [
        "The mapping is wrong:",
        "  shop.toml: [line] skus: is not known here; is sku meant?",
        "  shop.toml: [line] quantity type: is 7; should be count",
    ]


def test_which_mapping_has_to_be_said(sample: Path) -> None:
    neither = run("channels", "map", "test", str(sample))
    assert (neither.returncode, "--channel or --mapping is missing" in neither.stderr) == (2, True)
    unknown = run("channels", "map", "test", str(sample), "--channel", "ebay")
    assert (unknown.returncode, "there is no mapping of 'ebay'; ours are douyin" in unknown.stderr) == (2, True)


@pytest.mark.parametrize("channel", SAMPLES)
def test_what_is_read_where(channel: str) -> None:
    found = shown("show", channel)
    fields = {each["field"]: each for each in found["fields"]}
    assert fields["order.channel_order_id"]["required"] is True
    assert fields["line.quantity"]["type"] == "count"
    said = run("channels", "map", "show", channel)
    assert said.stdout.splitlines()[0] == f"{channel}, version 1, digest {found['mapping']['digest']}"
    assert all(any(line.startswith(field) for line in said.stdout.splitlines()) for field in fields)
