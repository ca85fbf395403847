"""What a test says of a file, in short."""

from inventory_service.stockfile.reading import Format, StockFile, read_stock_file

HEADER = "sku,warehouse,quantity,expected_on_hand,reason,reference\n"


def read(content: str | bytes, kind: Format = Format.CSV, encoding: str = "utf-8", delimiter: str = ",") -> StockFile:
    data = content.encode() if isinstance(content, str) else content
    return read_stock_file(data, "stock.csv", kind, encoding=encoding, delimiter=delimiter)


def rows(*lines: str) -> StockFile:
    """Lines below a header with every column."""
    return read(HEADER + "\n".join(lines) + "\n")


def problems(file: StockFile) -> list[str]:
    return [
        f"line {each.line}{', ' if each.column else ''}{each.column}: {each.expected}, not {each.found!r}"
        for each in file.problems
    ]
