"""Lines: what is taken, what is refused, and which line it was."""

import json

import pytest

from inventory_service.stockfile.reading import Format
from inventory_service.usecases.import_lines import ImportLine
from tests.stockfile.reading import problems, read, rows

NUMBER = "a whole number"
PLAIN_NUMBER = "a whole number in digits alone (1,000 is a thousand to some and one to others)"
CODE = "1 to 64 printable characters without whitespace"
LABEL = "at most 128 characters without line breaks"
UNMANGLED = "as it was before a spreadsheet rounded it: format the column as text there"


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("5", 5), (" 5 ", 5), ("+5", 5), ("-3", -3), ("005", 5), ("5.0", 5), ("5.00", 5), ("0", 0),
        ("５０", 50), ("－３", -3), ("−3", -3), ("\u30007", 7), ("1000000000", 1_000_000_000),
    ],
)  # fmt: skip
def test_numbers_that_can_only_mean_one_thing(text: str, quantity: int) -> None:
    file = rows(f"A,SHA,{text},,,")
    assert (problems(file), [line.quantity for line in file.lines]) == ([], [quantity])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,000", PLAIN_NUMBER), ("1.000", PLAIN_NUMBER), ("1 000", PLAIN_NUMBER), ("1'000", PLAIN_NUMBER),
        ("5.5", PLAIN_NUMBER), ("5.000", PLAIN_NUMBER), ("1\u00a0000", PLAIN_NUMBER),
        ("", NUMBER), ("five", NUMBER), ("1e3", NUMBER), ("(5)", NUMBER), ("5 pcs", NUMBER), ("٥", NUMBER),
        ("0x5", NUMBER), ("--5", NUMBER), ("9" * 31, NUMBER), ("#REF!", NUMBER), ("五", NUMBER),
    ],
)  # fmt: skip
def test_numbers_that_could_be_misread(text: str, expected: str) -> None:
    assert problems(rows(f'A,SHA,"{text}",,,')) == [f"line 2, quantity: {expected}, not {text!r}"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("A A,SHA,1", f"sku: {CODE}, not 'A A'"),
        (",SHA,1", f"sku: {CODE}, not ''"),
        (f"{'x' * 65},SHA,1", f"sku: {CODE}, not '{'x' * 40}…'"),
        ("A\u200b,SHA,1", f"sku: {CODE}, not 'A\\u200b'"),
        ("A,S\tH,1", f"warehouse: {CODE}, not 'S\\tH'"),
        ("A,SHA,1,x", f"expected_on_hand: {NUMBER}, not 'x'"),
        ("A,SHA,1,1000000001", "expected_on_hand: -1,000,000,000 to 1,000,000,000, not '1000000001'"),
        ('A,SHA,1,,"two\nlines"', f"reason: {LABEL}, not 'two\\nlines'"),
        (f"A,SHA,1,,,{'x' * 129}", f"reference: {LABEL}, not '{'x' * 40}…'"),
        ("1.23457E+12,SHA,1", f"sku: {UNMANGLED}, not '1.23457E+12'"),
    ],
)  # fmt: skip
def test_fields_that_cannot_be_taken(line: str, told: str) -> None:
    padded = line + "," * (5 - line.count(","))
    assert problems(rows(padded)) == [f"line 2, {told}"]


def test_everything_that_is_wrong_with_a_line_is_told() -> None:
    assert [each.split(":")[0] for each in problems(rows("A A,,x,y,,"))] == [
        "line 2, sku", "line 2, warehouse", "line 2, quantity", "line 2, expected_on_hand",
    ]  # fmt: skip


def test_all_columns() -> None:
    assert rows(" 上衣 ,SHA,5,-2, a reason ,PO-7").lines == [ImportLine(2, "上衣", "SHA", 5, -2, "a reason", "PO-7")]


def test_a_line_is_named_by_where_it_begins_and_the_next_one_is_read() -> None:
    file = rows(
        "A,SHA,1,,,", '"B\nB",SHA,1,,"x\r\ny",', "C,SHA,1,,,", '"D"d,SHA,1,,,', "E,SHA,1", "F,SHA,1,,,,7", "G,SHA,1,,,"
    )
    assert [(line.number, line.sku) for line in file.lines] == [(2, "A"), (6, "C"), (10, "G")]
    assert [each.line for each in file.problems] == [3, 3, 7, 8, 9]
    assert problems(file)[-2:] == [
        "line 8: 6 fields, as the first line names, not '3 fields'",
        "line 9: 6 fields, as the first line names, not '7 fields'",
    ]


def test_line_ends_quotes_and_empty_lines_as_spreadsheets_write_them() -> None:
    file = read('sku,warehouse,quantity,reason\r\n"A,1",SHA,1,"say ""hi"""\r\n\r\n,,,\r\nB,SHA,2,\r\n\r\n\r\n')
    assert file.lines == [
        ImportLine(2, "A,1", "SHA", 1, reason='say "hi"'),
        ImportLine(5, "B", "SHA", 2),
    ]
    assert problems(file) == []


def test_a_quote_that_is_never_closed_is_told_where_it_was_opened() -> None:
    file = rows("A,SHA,1,,,", '"B,SHA,1,,,', "C,SHA,1,,,")
    assert [line.sku for line in file.lines] == ["A"]
    assert problems(file)[0].startswith("line 3: fields whose quotes are closed, and doubled inside (unexpected end")


def test_characters_that_python_takes_for_line_ends_do_not_count_as_such() -> None:
    file = rows("A,SHA,1,,a\u2028b,", "B,SHA,1,,,")
    assert [line.number for line in file.lines] == [2, 3]


def test_json_lines() -> None:
    full = {"sku": " A ", "warehouse": "SHA", "quantity": 5.0, "expected_on_hand": 0, "reason": "r", "reference": None}
    file = read(json.dumps(full) + '\n\n{"sku":"B","warehouse":"SHA","quantity":-1,"on_hand":7}\r\n', Format.NDJSON)
    assert file.lines == [ImportLine(1, "A", "SHA", 5, 0, "r", ""), ImportLine(3, "B", "SHA", -1)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{bad", ["line 2: a JSON object (JSON is malformed: object keys must be strings (byte 1)), not '{bad'"]),
        ("[1]", ["line 2: a JSON object, not '[1]'"]),
        ('{"sku":"A","warehouse":"SHA","quantity":"5"}', ["line 2, quantity: a whole number, not '5'"]),
        ('{"sku":"A","warehouse":"SHA","quantity":true}', ["line 2, quantity: a whole number, not 'true'"]),
        ('{"sku":"A","warehouse":"SHA","quantity":5.5}', ["line 2, quantity: a whole number, not '5.5'"]),
        ('{"sku":"A","warehouse":"SHA"}', ["line 2, quantity: a whole number, not ''"]),
        ('{"sku":7,"warehouse":"SHA","quantity":1}', [f"line 2, sku: {CODE}, not '7'"]),
        ('{"sku":"A","warehouse":"SHA","quantity":1,"reason":7}', [f"line 2, reason: {LABEL}, not '7'"]),
        (
            '{"sku":"A","warehouse":"SHA","qty":1}',
            ["line 2, qty: quantity, not 'qty'", "line 2, quantity: a whole number, not ''"],
        ),
        (
            '{"sku":"A","warehouse":"SHA","quantity":1,"zzz":1}',
            ["line 2, zzz: one of sku, warehouse, quantity, expected_on_hand, reason, reference, not 'zzz'"],
        ),
        ('{"sku":"A\\u0000","warehouse":"SHA","quantity":1}', [f"line 2, sku: {CODE}, not 'A\\x00'"]),
    ],
)
def test_json_lines_that_cannot_be_taken(line: str, told: list[str]) -> None:
    good = '{"sku":"A","warehouse":"SHA","quantity":1}\n'
    file = read(good + line + "\n" + good, Format.NDJSON)
    assert [each.number for each in file.lines] == [1, 3]
    assert problems(file) == told


def test_half_a_character_in_json_is_refused() -> None:
    good = '{"sku":"A","warehouse":"SHA","quantity":1}\n'
    file = read(good + '{"sku":"A\\ud800","warehouse":"SHA","quantity":1}\n', Format.NDJSON)
    assert problems(file)[0].startswith("line 2: a JSON object (JSON is malformed")


def test_a_field_without_an_end_is_told_by_its_length() -> None:
    """Its quotes are as they should be: who looks for them looks in vain."""
    file = read(f"sku,warehouse,quantity\n{'x' * 1_000_000},SHA,5\nA,SHA,2\n")
    assert problems(file)[0].startswith("line 2: fields of at most 131,072 characters")
    assert len(file.lines) == 1
