"""From bytes to text. What cannot be read is told with what it probably is, and what to do about it."""

import codecs

from inventory_service.domain.errors import Refused

UTF_8 = "utf-8"
SAVE_AS = 'save it as "CSV UTF-8"'
SAMPLE_CHARACTERS = 40

WORKBOOK = f"is an Excel workbook, not text: in Excel, {SAVE_AS}"
# The first bytes of what is often handed in by mistake.
_NO_TEXT = {
    b"PK\x03\x04": WORKBOOK,  # or another archive, which is rarer here
    b"\xd0\xcf\x11\xe0": WORKBOOK,
    b"%PDF": "is a PDF, not text",
    b"\x1f\x8b": "is compressed: unpack it first, as with `gunzip`",
}
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_of(data: bytes, encoding: str, name: str) -> str:
    """The text, without a byte order mark. Raises Refused in words about `name`."""
    if not data.strip():
        raise _refused(name, "is empty")
    for start, what in _NO_TEXT.items():
        if data.startswith(start):
            raise _refused(name, what)
    try:
        codec = codecs.lookup(encoding).name
        text = data.decode(codec)
        text.encode(UTF_8)  # some codecs give halves of characters
    except LookupError as error:
        raise Refused(
            "validation_failed", f'there is no text encoding "{encoding}"; utf-8, gb18030 and utf-16 are usual'
        ) from error
    except UnicodeError as error:
        raise _refused(name, _about(data, encoding, error)) from error
    if "\0" in text:
        raise _refused(name, _nul(data))
    return text.removeprefix("\ufeff")


def _about(data: bytes, encoding: str, error: UnicodeError) -> str:
    """Why it is not in this encoding, and in which it may be."""
    if not isinstance(error, UnicodeDecodeError):
        return f"is not {encoding.upper()}"
    if data.startswith(_UTF_16):
        return _utf_16(f"is not {encoding.upper()} but UTF-16")
    line = data.count(b"\n", 0, error.start) + 1
    told = f"is not {encoding.upper()}: line {line} has the byte 0x{data[error.start]:02X}"
    chinese = _line_as(data, error.start, "gb18030")
    if not chinese or codecs.lookup(encoding).name == "gb18030":
        return f"{told}; {SAVE_AS}, or name its encoding with --encoding"
    return (
        f"{told}. In GB18030 (GBK, as Chinese Excel saves) that line reads {chinese!r}: if that is right, "
        f"add --encoding gb18030, or {SAVE_AS}"
    )


def _nul(data: bytes) -> str:
    if data[:2].count(0) == 1:
        order = "utf-16-be" if data[0] == 0 else "utf-16-le"
        return _utf_16("looks like UTF-16 without its mark", order)
    return "holds NUL characters: it is not a text file"


def _utf_16(what: str, encoding: str = "utf-16") -> str:
    return f'{what} (Excel calls it "Unicode Text"): add --encoding {encoding}, or {SAVE_AS}'


def _line_as(data: bytes, position: int, encoding: str) -> str:
    """The line around that byte in another encoding, "" when it is not in that either."""
    start = data.rfind(b"\n", 0, position) + 1
    end = data.find(b"\n", position)
    line = data[start : len(data) if end < 0 else end]
    try:
        text = line.decode(encoding).strip()
    except UnicodeError:
        return ""
    return text if len(text) <= SAMPLE_CHARACTERS else text[:SAMPLE_CHARACTERS] + "…"


def _refused(name: str, what: str) -> Refused:
    return Refused("validation_failed", f"{name} {what}.")
