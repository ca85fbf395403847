"""The Lua files, and just enough of Lua's grammar to check names."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LUA = Path(__file__).resolve().parents[2] / "lua"
SCRIPTS = sorted(LUA.glob("*.lua"))
PIECES = sorted([*LUA.glob("lib/*.lua"), *LUA.glob("commands/*.lua")])

_KEYWORDS = """
    and break do else elseif end false for function if in local nil not or repeat return then true until while
"""
KEYWORDS = frozenset(_KEYWORDS.split())
_TOKEN = re.compile(
    r"""
    (?P<skip> --\[\[.*?\]\] | --[^\n]* | \s+ )
  | (?P<text> "(?:\\.|[^"\\\n])*" )
  | (?P<name> [A-Za-z_]\w* )
  | (?P<number> \d+(?:\.\d+)? )
  | (?P<sign> \.\.\. | \.\. | [=~<>]= | [-+*/%^\#<>=(){}\[\];:,.] )
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    kind: str
    text: str
    line: int


def name_of(path: Path) -> str:
    return str(path.relative_to(LUA.parent))


def tokens(source: str) -> list[Token]:
    """Comments left out. Raises ValueError for what is no Lua."""
    body = re.sub(r"^#!.*", "", source)
    found, position, line = [], 0, 1
    while position < len(body):
        match = _TOKEN.match(body, position)
        if match is None:
            raise ValueError(f"line {line}: {body[position : position + 20]!r}")
        if match.lastgroup != "skip":
            found.append(Token(str(match.lastgroup), match[0], line))
        line += match[0].count("\n")
        position = match.end()
    return found


class Name(NamedTuple):
    """A name standing for a variable: not a field, a method or a key of a table."""

    text: str
    line: int
    declared: bool


def names(source: str) -> Iterator[Name]:
    """Every variable of an assembled script in order, with whether it is declared there."""
    listed = [Token("sign", "", 0), *tokens(source), Token("sign", "", 0)]
    declaring = False
    for index in range(1, len(listed) - 1):
        before, token, after = listed[index - 1].text, listed[index], listed[index + 1].text
        if token.text in {"local", "for"} or (token.text == "(" and _opens_parameters(listed, index)):
            declaring = True
        elif token.text == "function":
            declaring = before == "local"
        elif not _is_name(token):
            declaring = declaring and token.text in {",", "(", "..."}
        elif before in {".", ":"} or (after == "=" and _inside_braces(listed, index)):
            continue  # a field, or a key of a table
        else:
            yield Name(token.text, token.line, declaring)
            declaring = declaring and after in {",", "=", "in", ")", "("}


def _opens_parameters(listed: list[Token], index: int) -> bool:
    """Whether this parenthesis follows `function`, `function name` or `function table.name`."""
    start = index - 1
    while start >= 0 and (listed[start].text in {".", ":"} or _is_name(listed[start])):
        start -= 1
    return start >= 0 and listed[start].text == "function"


def _is_name(token: Token) -> bool:
    return token.kind == "name" and token.text not in KEYWORDS


def _inside_braces(listed: list[Token], index: int) -> bool:
    """Whether the innermost bracket around a token is a table's."""
    depth = 0
    for token in reversed(listed[:index]):
        if token.text in {"}", ")", "]"}:
            depth += 1
        elif token.text in {"{", "(", "["}:
            if depth == 0:
                return token.text == "{"
            depth -= 1
    return False
