"""What `manage.py test` does: the tests, and before them everything a machine can judge at a glance."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

PARALLEL = ("-n", "auto", "--maxprocesses=4", "--dist=loadfile", "--no-loadscope-reorder")
"""The whole suite on all processors; a file stays in one process, and the files keep their order (browsers last)."""
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def run_tests(arguments: list[str]) -> int:
    """Runs pytest with the arguments; without any, the checks of the code as well. Returns the exit status.

    What tests write goes into a folder that is removed at the end, unless MILLSTREAM_DATA names one.
    """
    import pytest

    with tempfile.TemporaryDirectory(prefix="millstream-test-", ignore_cleanup_errors=True) as folder:
        os.environ.setdefault("MILLSTREAM_DATA", folder)
        failed = [] if arguments else [name for name, command in _checks().items() if not _passes(name, command)]
        status = int(pytest.main(arguments or [*PARALLEL]))
    if failed:
        sys.stdout.write(f"\nThese checks failed (their messages are above the tests): {', '.join(failed)}\n")
    return status or int(bool(failed))


def _checks() -> dict[str, Sequence[str]]:
    """Each check's command line; djade is a program beside Python and no module."""
    python = sys.executable
    djade = str(Path(python).with_name("djade"))
    templates = sorted(str(path) for path in Path("templates").rglob("*.html"))
    return {
        "ruff": (python, "-m", "ruff", "check", "."),
        "format": (python, "-m", "ruff", "format", "--check", "--quiet", "."),
        "mypy": (python, "-m", "mypy"),
        "import-linter": (python, "-c", LINT_IMPORTS),
        "djade": (djade, "--check", "--target-version", "5.2", *templates),
        "migrations": (python, "manage.py", "makemigrations", "--check", "--dry-run"),
    }


def _passes(name: str, command: Sequence[str]) -> bool:
    sys.stdout.write(f"{name} ...\n")
    sys.stdout.flush()
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "builder.settings"}
    return subprocess.run(command, check=False, env=environment).returncode == 0
