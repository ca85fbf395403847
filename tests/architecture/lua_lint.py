"""luacheck over each script as Redis gets it: assembled, so that scopes and line numbers are the real ones."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from inventory_service.engine.script import assemble

REPOSITORY = Path(__file__).resolve().parents[2]


def main() -> int:
    luacheck = shutil.which("luacheck")
    if luacheck is None:
        sys.stdout.write("luacheck is not installed: lua/ is only checked by our own tests\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        for script in sorted((REPOSITORY / "lua").glob("*.lua")):
            Path(folder, script.name).write_text(_without_shebang(assemble(script.stem).text))
        command = [luacheck, "--quiet", "--no-color", "--config", str(REPOSITORY / ".luacheckrc"), "."]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stdout.write(f"{done.stdout}{done.stderr}lines are those of: inventory-service lua show NAME\n")
    return done.returncode


def _without_shebang(text: str) -> str:
    """Redis reads flags from the first line, luacheck stumbles over it; the line itself stays."""
    first, _, rest = text.partition("\n")
    return f"-- {first}\n{rest}"


if __name__ == "__main__":
    sys.exit(main())
