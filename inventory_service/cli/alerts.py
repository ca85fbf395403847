"""`alerts`: what is open and who answers for it; whether a sink works."""

import sys
from typing import Annotated

import typer

from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import minute, print_json, print_table
from inventory_service.cli.work import EXIT_FAILED, load_settings, run_async, tell_error

app = typer.Typer(help="Alarms, and how they reach people.", no_args_is_help=True)


@app.command("list")
def alerts_list(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 50,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Alarms whose cause goes on, newest first, and who is responsible; and notices that did not arrive yet."""
    from inventory_service.bootstrap.notices import open_alarms

    alarms, unsent = run_async(open_alarms(load_settings(data_dir=data_dir), limit), as_json)
    if as_json:
        print_json({"alarms": [each._asdict() for each in alarms], "unsent": [each._asdict() for each in unsent]})
        return
    rows = [
        (each.alert_id, each.alarm, each.cause, each.times, minute(each.since_ms), each.state, each.responsible)
        for each in alarms
    ]
    print_table(("id", "alarm", "cause", "times", "since", "state", "responsible"), rows)
    for each in unsent:
        tried = f"tried {each.attempts} times: {each.answer}" if each.attempts else "not tried yet"
        typer.echo(f"{each.sink}: {each.waiting} not sent since {minute(each.since_ms)}, {tried}", err=True)


@app.command("test")
def alerts_test(
    sink: Annotated[str, typer.Argument(help="As the file that INVENTORY_NOTICES names calls it.")],
    as_json: AsJson = False,
) -> None:
    """Send one real message, and tell what the other side answered. Asks no store."""
    from inventory_service.bootstrap.notices import send_test

    answer = run_async(send_test(load_settings(), sink), as_json)
    if as_json:
        print_json(answer._asdict())
    elif answer.arrived:
        typer.echo(f"{answer.sink} answered: {answer.answer}")
    else:
        tell_error(f"{answer.sink} did not take it: {answer.answer}")
    sys.exit(0 if answer.arrived else EXIT_FAILED)
