"""One process of the service under test: `python -m tests.faults.child api|worker …`.

Arms the fault points, plants a bug if one is asked for, and runs the real command line. Both come from variables that
nothing in production reads:

  FAULT_BOARD    the file of `board.Board`
  FAULT_PLANTED  a module of `tests.faults.planted`, whose `plant()` patches what the bug needs
"""

import importlib
import os
from pathlib import Path

from inventory_service import faultpoints
from inventory_service.cli.program import main
from tests.faults.board import Board


def run() -> None:
    """Ends with the command's exit status."""
    board = os.environ.get("FAULT_BOARD")
    if board:
        faultpoints.hook = Board(Path(board)).pass_by
    planted = os.environ.get("FAULT_PLANTED")
    if planted:
        importlib.import_module(f"tests.faults.planted.{planted}").plant()
    main()


if __name__ == "__main__":
    run()
