"""Where `lua/`, `migrations/` and `loadtests/` are: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource_folder(name: str) -> Path:
    """The folder `name` of the repository, or its packaged copy `_name`.

    Raises FileNotFoundError when neither is there: the installation is broken.
    """
    for folder in (_PACKAGE.parent / name, _PACKAGE / f"_{name}"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"neither {name}/ beside the package nor _{name}/ inside it exists: reinstall it")
