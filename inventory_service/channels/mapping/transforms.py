"""What is done to a value before it is read: `upper`, or with an argument `drop_prefix:TM-`."""

from collections.abc import Callable
from typing import NamedTuple

from inventory_service.channels.mapping.values import Unfit, kind_of, text_of_scalar


class Transform(NamedTuple):
    name: str
    argument: str


WITHOUT_ARGUMENT: dict[str, Callable[[str], str]] = {"upper": str.upper, "lower": str.lower}
WITH_ARGUMENT: dict[str, Callable[[str, str], str]] = {
    "absent": lambda text, argument: "" if text == argument else text,  # this value says that there is none
    "before": lambda text, argument: text.partition(argument)[0],
    "after": lambda text, argument: text.partition(argument)[2],
    "drop_prefix": str.removeprefix,
    "drop_suffix": str.removesuffix,
}
KNOWN = (*WITHOUT_ARGUMENT, *WITH_ARGUMENT)


def parsed(text: str) -> Transform | None:
    """None: there is no such transform, or its argument is missing or too much."""
    name, colon, argument = text.partition(":")
    if name in WITHOUT_ARGUMENT:
        return None if colon else Transform(name, "")
    return Transform(name, argument) if name in WITH_ARGUMENT and argument else None


def transformed(value: object, transforms: tuple[Transform, ...]) -> object:
    """The value as text with all of it done, in their order; a value that is not there stays so."""
    for transform in transforms:
        if value is None:
            return None
        text = text_of_scalar(value)
        if text is None:
            raise Unfit(f"is {kind_of(value)}: {transform.name} needs text")
        plain = WITHOUT_ARGUMENT.get(transform.name)
        value = plain(text) if plain else WITH_ARGUMENT[transform.name](text, transform.argument)
    return value
