"""The unified order number: 18 characters such as `223JG2TBD4F38GT2W2`, made when an order is first seen.

    9 of time        milliseconds since 1970: numbers sort as text by when they were made, until the year 2807
    8 of chance      31**8 = 8.5e11 per millisecond: at a thousand new orders a second all year round, two of them meet
                     once in about 50 years
    1 to check       the weighted sum of all 18 values is 0 modulo 31

It is unique over all channels because it is made of nothing that a channel gives. Ids of channels differ in length and
alphabet and may meet each other, and a digest of one would tell a rival's tester whether a guess was right, would make
two orders one where it collides, and would not sort. Which order has which number is remembered instead: channel, shop
and the channel's id are unique in the ledger, so the same order asks for a number once; and so is the number, so the
one meeting in 50 years is refused there and another number is drawn. Chance instead of a counter, since a counter needs
one place that all processes ask, and tells every buyer how many orders there are.

31 is prime and no weight is 0 modulo 31, so a single wrong character always changes the sum; and the weights of any two
places differ, so two swapped characters, neighbours or not, always do. The alphabet has 31 characters in the order of
ASCII: digits and capitals without I, L, O, U and Z, which people take for 1, 1, 0, V and 2.
"""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXY"
TIME_CHARACTERS = 9
RANDOM_CHARACTERS = 8
BASE = len(ALPHABET)
MADE_MS_END = BASE**TIME_CHARACTERS
RANDOM_END = BASE**RANDOM_CHARACTERS

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_CHARACTERS = TIME_CHARACTERS + RANDOM_CHARACTERS + 1


def order_number(made_ms: int, random: int) -> str:
    """`random`: below RANDOM_END, from a source that nobody can foresee."""
    if not 0 <= made_ms < MADE_MS_END or not 0 <= random < RANDOM_END:
        raise ValueError(f"no order number for {made_ms} ms and {random}")
    body = _in_base(made_ms, TIME_CHARACTERS) + _in_base(random, RANDOM_CHARACTERS)
    return body + ALPHABET[-_weighted(body + "0") % BASE]


def is_order_number(text: str) -> bool:
    """Whether it can be one: of the right length and characters, and none of them mistyped or swapped."""
    return len(text) == _CHARACTERS and _VALUES.keys() >= set(text) and _weighted(text) % BASE == 0


def _weighted(text: str) -> int:
    """Weights 1 to 18 from the right: the check character has 1, so it is what the others leave to 31."""
    return sum(weight * _VALUES[character] for weight, character in enumerate(reversed(text), start=1))


def _in_base(number: int, characters: int) -> str:
    digits = []
    for _ in range(characters):
        number, value = divmod(number, BASE)
        digits.append(ALPHABET[value])
    return "".join(reversed(digits))
