"""Files that are no stock files: each is told in words, with what to do."""

import gzip

import pytest

from inventory_service.domain.errors import Refused
from inventory_service.stockfile import reading
from inventory_service.stockfile.reading import Format, format_of
from tests.stockfile.reading import read

PLAIN = "sku,warehouse,quantity\nTEE,SHA,5\n"
CHINESE = "sku,warehouse,quantity\n衣服-红,SHA,5\n"


def refusal(content: str | bytes, kind: Format = Format.CSV, encoding: str = "utf-8", delimiter: str = ",") -> str:
    with pytest.raises(Refused) as caught:
        read(content, kind, encoding, delimiter)
    return caught.value.detail


SAVE = 'save it as "CSV UTF-8"'
UTF_16 = f'(Excel calls it "Unicode Text"): add --encoding utf-16, or {SAVE}.'
UTF_16_BE = f'(Excel calls it "Unicode Text"): add --encoding utf-16-be, or {SAVE}.'
GBK = (
    "is not UTF-8: line 2 has the byte 0xD2. In GB18030 (GBK, as Chinese Excel saves) that line reads "
    f"'衣服-红,SHA,5': if that is right, add --encoding gb18030, or {SAVE}."
)
LATIN = f"is not UTF-8: line 2 has the byte 0xE9; {SAVE}, or name its encoding with --encoding."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty."),
        (b" \r\n\n", "is empty."),
        ("sku,warehouse,quantity\n", "names its columns, and has no line below them."),
        (b"PK\x03\x04rest", f"is an Excel workbook, not text: in Excel, {SAVE}."),
        (b"\xd0\xcf\x11\xe0rest", f"is an Excel workbook, not text: in Excel, {SAVE}."),
        (b"%PDF-1.7", "is a PDF, not text."),
        (gzip.compress(PLAIN.encode(), mtime=0), "is compressed: unpack it first, as with `gunzip`."),
        (PLAIN + "\0", "holds NUL characters: it is not a text file."),
        (PLAIN.encode("utf-16"), f"is not UTF-8 but UTF-16 {UTF_16}"),
        (PLAIN.encode("utf-16-be"), f"looks like UTF-16 without its mark {UTF_16_BE}"),
        (CHINESE.encode("gbk"), GBK),
        ("sku,warehouse,quantity\nCafé,SHA,5\n".encode("latin-1"), LATIN),
    ],
    ids=["nothing", "blanks", "header", "xlsx", "xls", "pdf", "gzip", "nul", "utf-16", "utf-16-be", "gbk", "latin"],
)
def test_what_is_no_text(content: str | bytes, words: str) -> None:
    assert refusal(content) == f"stock.csv {words}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "big5hkscs"])
def test_a_named_encoding_is_read(encoding: str) -> None:
    content = CHINESE if encoding != "big5hkscs" else CHINESE.replace("衣服-红", "衣服")
    named = "utf-8" if encoding == "utf-8-sig" else encoding
    (line,) = read(content.encode(encoding), encoding=named).lines
    assert (line.number, line.sku) == (2, content.split("\n")[1].split(",")[0])


def test_an_encoding_that_does_not_exist() -> None:
    assert refusal(PLAIN, encoding="utf-9").startswith('there is no text encoding "utf-9"')
    assert refusal(PLAIN, encoding="hex").startswith('there is no text encoding "hex"')


def test_a_wrong_encoding_is_named_too() -> None:
    assert refusal(CHINESE, encoding="ascii").startswith("stock.csv is not ASCII: line 2 has the byte 0xE8")


@pytest.mark.parametrize(
    ("content", "delimiter", "words"),
    [
        ("sku;warehouse;quantity\nA;SHA;1\n", ",", 'parted by a semicolon, not by a comma: add --delimiter ";".'),
        ("sku\twarehouse\tquantity\nA\tSHA\t1\n", ",", "parted by a tab, not by a comma: add --delimiter tab."),
        (PLAIN, ";", 'parted by a comma, not by a semicolon: add --delimiter ",".'),
        ("sku|warehouse|quantity\nA|SHA|1\n", "\t", 'parted by a bar, not by a tab: add --delimiter "|".'),
    ],
)
def test_another_separator(content: str, delimiter: str, words: str) -> None:
    assert refusal(content, delimiter=delimiter) == f"the columns of stock.csv are {words}"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("sku,warehouse", "quantity is missing"),
        (
            "TEE,SHA,5",
            '"tee" is no column; "sha" is no column; "5" is no column; sku and warehouse and quantity are missing',
        ),
        ("sku,warehouse,qty", '"qty" is no column, is "quantity" meant?; quantity is missing'),
        ("sku,warehouse,quantity,refrence", '"refrence" is no column, is "reference" meant?'),
        ("sku,warehouse,quantity,sku", '"sku" stands there 2 times'),
        ('"sku,warehouse,quantity', "fields whose quotes are closed, and doubled inside (unexpected end of data)"),
    ],
)
def test_wrong_columns(header: str, words: str) -> None:
    told = refusal(header + "\nA,SHA,1\n")
    assert told.startswith("the first line of stock.csv ")
    assert words in told


def test_a_header_may_be_in_any_order_with_capitals_spaces_and_what_an_export_has() -> None:
    file = read("\n\n Quantity ,WAREHOUSE,on_hand,held,SKU,,\n5,SHA,7,x,TEE,,\n")
    assert [(line.number, line.sku, line.warehouse, line.quantity) for line in file.lines] == [(4, "TEE", "SHA", 5)]


def test_one_kind_taken_for_the_other() -> None:
    line = '{"sku": "A", "warehouse": "SHA", "quantity": 1}\n'
    assert refusal(line) == "stock.csv looks like NDJSON, not CSV: add --format ndjson."
    assert refusal(PLAIN, Format.NDJSON) == "stock.csv does not begin with a JSON object; is it CSV? Add --format csv."
    assert "`jq -c '.[]' stock.csv`" in refusal(f"[{line}]", Format.NDJSON)


def test_the_format_is_told_by_the_ending() -> None:
    assert [format_of(name) for name in ("a.csv", "A.CSV", "b.tsv", "c.ndjson", "d.jsonl")] == [
        Format.CSV, Format.CSV, Format.CSV, Format.NDJSON, Format.NDJSON,
    ]  # fmt: skip
    with pytest.raises(Refused, match="add --format csv or --format ndjson"):
        format_of("stock.dat")
    with pytest.raises(Refused, match="is an Excel workbook"):
        format_of("Stock.XLSX")


def test_a_file_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LINES_MAX", 1)
    assert refusal(PLAIN + "B,SHA,1\n") == "stock.csv has more than 1 lines: split it."
    monkeypatch.setattr(reading, "BYTES_MAX", 1024**2)
    assert refusal(PLAIN + "x" * 1024**2) == "stock.csv is larger than 1 MiB: split it."


def test_the_digest_is_of_the_bytes() -> None:
    assert read(PLAIN).digest == read(PLAIN).digest
    assert read(PLAIN).digest != read(PLAIN.replace("\n", "\r\n")).digest
