"""How an error ends a command: in words with what to do, or as a problem for a program."""

import json

import pytest

from inventory_service.cli.work import fail, run_async
from inventory_service.domain.errors import NotReady, OutcomeUnknown, ServiceError


async def raising(error: Exception) -> None:
    raise error


def test_what_may_have_happened_names_the_option_that_makes_a_repeat_harmless(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lost = OutcomeUnknown("No answer came.")
    with pytest.raises(
        OutcomeUnknown, match=r"No answer came: it may have happened\. Repeat it with --id a1, it is never"
    ):
        run_async(raising(lost), again="--id a1")
    with pytest.raises(SystemExit, match="1"):
        run_async(raising(lost), as_json=True, again="--id a1")
    problem = json.loads(capsys.readouterr().out)
    assert (problem["code"], problem["retryable"], "--id a1" in problem["detail"]) == ("outcome_unknown", True, True)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotReady("Redis is away."), "error: Redis is away. Run `inventory-service doctor` to see what is wrong.\n"),
        (NotReady("Not migrated: run `migrate up`."), "error: Not migrated: run `migrate up`.\n"),
        (ServiceError("Anything."), "error: Anything.\n"),
    ],
)
def test_an_error_says_what_to_do(error: Exception, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="1"):
        fail(error)
    assert capsys.readouterr().err == told


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        run_async(raising(ZeroDivisionError()), as_json=True)
    with pytest.raises(ZeroDivisionError):
        fail(ZeroDivisionError())
