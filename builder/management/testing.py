"""What `manage.py test` does: the tests, and before them everything a machine can judge at a glance."""

import os
import subprocess
import sys
from collections.abc import Sequence

CHECKS: tuple[tuple[str, Sequence[str]], ...] = (
    ("ruff", ("ruff", "check", ".")),
    ("mypy", ("mypy",)),
    ("import-linter", ("importlinter.cli", "lint-imports")),
    ("djade", ("djade", "--check", "--target-version", "5.2")),
    ("migrations", ("manage.py", "makemigrations", "--check", "--dry-run")),
)


def run_tests(arguments: list[str]) -> int:
    """Runs pytest with the arguments; without any, the checks of the code as well. Returns the exit status."""
    import pytest

    failed = [] if arguments else [name for name, command in CHECKS if not _passes(name, command)]
    status = int(pytest.main(arguments))
    if failed:
        sys.stdout.write(f"\nThese checks failed (their messages are above the tests): {', '.join(failed)}\n")
    return status or bool(failed)


def _passes(name: str, command: Sequence[str]) -> bool:
    sys.stdout.write(f"{name} ...\n")
    sys.stdout.flush()
    if name == "djade":
        command = (*command, *_templates())
    if command[0] == "manage.py":
        line = [sys.executable, *command]
    elif command[0] == "importlinter.cli":
        line = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    else:
        line = [sys.executable, "-m", *command]
    return (
        subprocess.run(line, check=False, env={**os.environ, "DJANGO_SETTINGS_MODULE": "builder.settings"}).returncode
        == 0
    )


def _templates() -> list[str]:
    return [
        os.path.join(folder, name)
        for folder, _, names in os.walk("templates")
        for name in names
        if name.endswith(".html")
    ]
