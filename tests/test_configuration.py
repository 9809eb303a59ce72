"""The guide names every variable that is read, and wrong values refuse to start with the allowed ones."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def read_names() -> set[str]:
    code = "".join(
        path.read_text() for package in ("builder", "tasks_openai") for path in (ROOT / package).rglob("*.py")
    )
    return set(re.findall(r'"(MILLSTREAM_[A-Z_]+)"', code + (ROOT / "manage.py").read_text())) - {"MILLSTREAM_IN_VENV"}


def test_every_variable_that_is_read_is_in_the_guide() -> None:
    guide = (ROOT / "builder" / "docs" / "configuration.md").read_text()
    assert {name for name in read_names() if f"`{name}`" not in guide} == set()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MILLSTREAM_PLACES", "many", "a whole number from 1"),
        ("MILLSTREAM_HOSTS", "*", "may not be *"),
        ("MILLSTREAM_SECRET_KEY", "short", "32 characters"),
        ("MILLSTREAM_ALLOW_NETWORKS", "everything", "10.0.0.0/8"),
        ("MILLSTREAM_SQLITE_SYNCHRONOUS", "OFF", "FULL, NORMAL"),
        ("MILLSTREAM_HTTPS", "maybe", "true or false"),
        ("MILLSTREAM_COMPAT", "old", "a release such as 0.21"),
        ("MILLSTREAM_FLOW_DEPTH", "5000", "a whole number from 1 to 250"),
        ("DATABASE_URL", "oracle://x", "postgresql://"),
    ],
)
def test_a_wrong_value_refuses_to_start_and_names_the_allowed_ones(name: str, value: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", "check"], capture_output=True, text=True, check=False,
        env={**os.environ, name: value},
    )  # fmt: skip
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_secret_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    show = "import builder.settings as s; print(s.SECRET_KEY)"
    environment = {**os.environ, "MILLSTREAM_DATA": str(tmp_path / "new"), "PYTHONPATH": str(ROOT)}
    started = [
        subprocess.Popen([sys.executable, "-c", show], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(3)
    ]
    (key,) = {process.communicate()[0].strip() for process in started}
    (kept,) = (tmp_path / "new").iterdir()
    assert kept.name == "secret_key" and kept.read_text() == key and len(key) > 50
    assert kept.stat().st_mode & 0o077 == 0


def test_on_postgresql_a_frozen_process_does_not_keep_its_locks() -> None:
    show = "import builder.settings as s; print(s.DATABASES['default']['OPTIONS']['options'])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def options(url: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", show], capture_output=True, text=True, check=True,
            env={**environment, "DATABASE_URL": url},
        ).stdout.strip()  # fmt: skip

    assert "idle_in_transaction_session_timeout" in options("postgresql://me@db/one")
    assert options("postgresql://me@db/one?options=-c%20lock_timeout%3D5s") == "-c lock_timeout=5s"
