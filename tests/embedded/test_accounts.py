"""Whom Postgres runs as. Run as root these tests cover the change of user, otherwise that there is none."""

import os

import pytest

from inventory_service.embedded import ServerFailed, find_binaries
from inventory_service.embedded.accounts import account_for, own_account
from tests import servers


def test_the_home_is_handed_to_somebody_who_is_not_root() -> None:
    program = find_binaries().postgres
    with servers.server_folder() as folder:
        home = folder / "postgres"
        home.mkdir(mode=0o700)
        (home / "file").touch()
        account = account_for(home, program)
        if os.geteuid() != 0:
            assert account == own_account()
        assert account.uid != 0
        assert home.stat().st_uid == (home / "file").stat().st_uid == account.uid
        assert account_for(home, program) == account, "the same one at the next start"


def test_a_closed_folder_that_cannot_be_passed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    program = find_binaries().postgres
    monkeypatch.setenv("PATH", "/nonexistent")  # so that there is no setpriv
    with servers.server_folder() as folder:
        closed = folder / "closed"
        home = closed / "data" / "postgres"
        home.mkdir(parents=True)
        closed.chmod(0o700)
        if os.geteuid() == 0:
            with pytest.raises(ServerFailed, match=rf"{closed} is closed to that user"):
                account_for(home, program)
        else:
            assert account_for(home, program) == own_account()
