r"""What SKU and warehouse codes, and short texts beside them, may be made of.

Anchored with \A and \Z, since $ in Python lets a trailing newline pass.
U+FFFF stands for a character that no store can keep (see `web.body.scrub`), so every text refuses it.
"""

# Printable: no whitespace, no control, soft hyphen, zero-width, direction or filler characters.
CODE_PATTERN = (
    r"\A[^\s\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ue000-\uf8ff\ufeff\ufff0-\uffff]{1,64}\Z"
)
SKU_TAKEN = "transfers"  # `/v1/stock/transfers` lists transfers: nobody could look at a SKU of that name
LABEL_PATTERN = r"\A[^\x00-\x1f\x7f\uffff]*\Z"
LABEL_CHARACTERS_MAX = 128
CHANNEL_PATTERN = r"\A[a-z][a-z0-9_-]{0,31}\Z"
