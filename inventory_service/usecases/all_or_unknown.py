"""What a list call may say when some of its commands failed."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from inventory_service.domain.errors import NotReady, OutcomeUnknown, Overloaded

T = TypeVar("T")


async def settled(answers: Iterable[Awaitable[T]], *, applied_before: bool = False) -> list[T]:
    """All the answers, in order; every command is queued before the first answer is awaited.

    An error that means "nothing happened" is only passed on when that is true of the whole call, counting what it
    did before (`applied_before`); otherwise the caller is told to repeat everything, which is harmless by the ids.
    Raises NotReady, Overloaded, OutcomeUnknown.
    """
    results = await asyncio.gather(*list(answers), return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    if not errors:
        return [result for result in results if not isinstance(result, BaseException)]
    untouched = all(isinstance(error, NotReady | Overloaded) for error in errors)
    if untouched and len(errors) == len(results) and not applied_before:
        raise errors[0]
    unexpected = [error for error in errors if not isinstance(error, NotReady | Overloaded | OutcomeUnknown)]
    raise unexpected[0] if unexpected else OutcomeUnknown("Part of this call may have happened; repeat all of it.")
