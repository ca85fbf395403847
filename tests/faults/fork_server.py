"""Starts children in milliseconds instead of a second: everything is imported once, each child is a fork of that.

A run starts some hundred processes; on two cores their imports would take most of its time. What a child then does is
the command line, from its beginning (`child.run`). The server ends, and its children with it, when its caller does.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, Self

REPOSITORY = Path(__file__).resolve().parents[2]


class ForkServer:
    """The caller's side. Use as `with`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.fork_server", str(theirs.fileno())],
                cwd=REPOSITORY, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),), start_new_session=True,
            )  # fmt: skip
        self._line = ours.makefile("rwb")
        ours.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
        """A new child's pid. `environment` replaces its whole environment."""
        return int(self._ask("start", list(arguments), dict(environment), str(log)))

    def exit_status(self, pid: int) -> int | None:
        """Minus the signal that ended it, or its exit code; None while it runs. To be asked once it is dead."""
        status: int | None = self._ask("status", pid)
        return status

    def close(self) -> None:
        self._line.close()
        self._process.wait(30)

    def _ask(self, *request: Any) -> Any:
        self._line.write(json.dumps(request).encode() + b"\n")
        self._line.flush()
        return json.loads(self._line.readline())


def serve(descriptor: int) -> None:
    """The server's side: until the caller hangs up."""
    _preload()
    children: set[int] = set()
    with socket.socket(fileno=descriptor) as caller, caller.makefile("rwb") as line:
        for text in line:
            verb, *arguments = json.loads(text)
            if verb == "start":
                pid = os.fork()
                if pid == 0:
                    caller.close()
                    _become(*arguments)
                children.add(pid)
                answer: int | None = pid
            else:
                answer = _status(arguments[0])
                if answer is not None:
                    children.discard(arguments[0])  # its number may belong to somebody else from now on
            line.write(json.dumps(answer).encode() + b"\n")
            line.flush()
    for pid in children:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _status(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _become(arguments: Sequence[str], environment: Mapping[str, str], log: str) -> NoReturn:
    """Never returns into the server's loop, whatever happens."""
    code = 1
    try:
        os.setsid()
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["tests.faults.child", *arguments]
        from tests.faults.child import run

        run()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - it is the end of this process: tell, and go
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _preload() -> None:
    """What every child imports. No loop, no thread and no connection may exist before the fork."""
    import uvloop

    import inventory_service.bootstrap.api
    import inventory_service.bootstrap.worker
    import inventory_service.cli.work
    import tests.faults.child

    del uvloop, inventory_service, tests
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
