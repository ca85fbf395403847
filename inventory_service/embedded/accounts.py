"""Postgres refuses to run as root: finds the user that it runs as then, and a way for that user to reach its files."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from inventory_service.embedded.errors import ServerFailed

# Either lets the user pass folders that are closed to it; containers often keep only the second.
CAPABILITIES = ("dac_read_search", "dac_override")


class Switch(TypedDict, total=False):
    """The arguments of subprocess that change the user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a server runs as. `prefix` stands before its command; `switch` goes to subprocess."""

    uid: int
    gid: int
    prefix: Sequence[str] = ()

    @property
    def switch(self) -> Switch:
        if self.prefix or self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def own_account() -> Account:
    return Account(os.geteuid(), os.getegid())


def account_for(home: Path, program: Path) -> Account:
    """Ourselves, or when we are root a user who may run `program` on `home`, which is handed to that user.

    `home` exists. Raises ServerFailed when that user cannot reach the one or the other.
    """
    if os.geteuid() != 0:
        return own_account()
    user = _user_for(home)
    _give(home, user.pw_uid, user.pw_gid)
    for account in _ways(user.pw_uid, user.pw_gid):
        if _reaches(account, program) and _reaches(account, home):
            return account
    raise ServerFailed(_unreachable(user, program, home))


def _user_for(home: Path) -> pwd.struct_passwd:
    """Whoever has the cluster already, else the data folder's owner, else `postgres`, else `nobody`; never root."""
    for uid in (home.stat().st_uid, home.parent.stat().st_uid):
        try:
            if uid != 0:
                return pwd.getpwuid(uid)
        except KeyError:  # initdb needs a user with a name
            continue
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _give(home: Path, uid: int, gid: int) -> None:
    if home.stat().st_uid == uid:
        return
    for folder, _, files in os.walk(home):
        for name in (".", *files):
            os.chown(Path(folder, name), uid, gid, follow_symlinks=False)


def _ways(uid: int, gid: int) -> Iterator[Account]:
    yield Account(uid, gid)
    setpriv = shutil.which("setpriv")
    for capability in CAPABILITIES if setpriv else ():
        options = (f"--reuid={uid}", f"--regid={gid}", "--clear-groups")
        keep = (f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}")
        yield Account(uid, gid, (str(setpriv), *options, *keep, "--"))


def _reaches(account: Account, path: Path) -> bool:
    command = [*account.prefix, "/bin/sh", "-c", '[ -x "$0" ]', str(path)]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False, **account.switch).returncode == 0


def _unreachable(user: pwd.struct_passwd, program: Path, home: Path) -> str:
    account = Account(user.pw_uid, user.pw_gid)
    way = [*reversed(program.parents), program, *reversed(home.parents), home]
    closed = next(path for path in way if not _reaches(account, path))
    return f"""\
Postgres does not run as root, so it would run as {user.pw_name!r}, and {closed} is closed to that user.

Any of these helps:
  - run the service as another user than root,
  - choose a --data-dir that {user.pw_name!r} can reach, such as /var/lib/inventory,
  - open the way: chmod o+x {closed},
  - install setpriv (package util-linux), which lets Postgres pass that folder.
"""
