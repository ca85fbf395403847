"""What a process that runs for long asks of Python's garbage collector."""

import gc

# Objects made between two looks at the youngest, and such looks between two at the older ones, and at the oldest. With
# Python's own 700, 10, 10 every few calls were looked through, and now and then all that was ever imported.
THRESHOLDS = (20_000, 20, 50)


def settle() -> None:
    """What is there by now stays for good: it is not looked through any more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
