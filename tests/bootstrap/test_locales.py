"""What ships with the service reads the same whatever the machine's locale is, such as zh_CN.GB18030 or de_DE@euro."""

import os
import subprocess
import sys

from tests.bootstrap.running import REPOSITORY

SHOWN = """
from inventory_service.engine.script import assemble
from inventory_service.ledger.migrator import read_migrations
from inventory_service.ledger.orders.queries import QUERIES as ORDERS
from inventory_service.ledger.queries import QUERIES
print([each.checksum for each in read_migrations()])
print(assemble("apply").sha)
print(ascii([*QUERIES.items(), *ORDERS.items()]))
"""
UTF_8 = {"PYTHONUTF8": "1"}
# The one locale that every machine has whose text is not UTF-8; Python has to be told to take it at its word.
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def test_migrations_statements_and_scripts_are_the_same_in_every_locale() -> None:
    assert shown(ASCII) == shown(UTF_8)


def shown(locale: dict[str, str]) -> str:
    command = [sys.executable, "-c", SHOWN]
    done = subprocess.run(command, cwd=REPOSITORY, env=os.environ | locale, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
