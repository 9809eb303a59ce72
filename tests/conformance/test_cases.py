"""Every case of Kestra's behaviour in the corpus, played on a whole product; skipped where the corpus is not here."""

import base64
import functools
import ipaddress
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from builder.actions import accounts
from tests.conformance.player import CORPUS, Player
from tests.conformance.stage import Stage, faster_scheduler
from tests.engine.cases import GUESSED

pytestmark = pytest.mark.django_db(transaction=True)

KNOWN: dict[str, str] = {
    "flowable-with-parent-fail": "an expression that is never closed is refused when the flow is saved",
    "secrets": "a secret stays masked in outputs too",
    "inputs-flow": "a secret stays masked in outputs too",
    "validate-invalid-parallel": "Java counts several violations of one value",
}
"""Cases that fail, each with what is missing; one that passes does not belong here any more."""

LEAST_SHARE = 0.97
"""How many of the cases that can be set up here must pass."""


@functools.cache
def cases() -> dict[str, dict[str, Any]]:
    file = CORPUS / "flow_cases.yaml"
    return {case["id"]: case for case in yaml.safe_load(file.read_text())} if file.exists() else {}


def unplayable(case: Mapping[str, Any]) -> str:
    """Why a case cannot be set up here at all."""
    if "java" in case.get("needs", "").lower():
        return f"needs {case['needs']}"
    if "encryption_key" in case.get("setup", {}):
        return "an installation always has a key; tests/flows/test_cases.py plays it without one"
    return ""


def _played() -> list[Any]:
    played = []
    for name, case in cases().items():
        marks: list[pytest.MarkDecorator] = []
        if unplayable(case):
            marks.append(pytest.mark.skip(reason=unplayable(case)))
        elif name in KNOWN:
            marks.append(pytest.mark.xfail(strict=True, reason=KNOWN[name]))
        played.append(pytest.param(name, marks=marks))
    return played or [pytest.param("", marks=pytest.mark.skip(reason="the shared corpus is not here"))]


@pytest.fixture
def stage(
    request: pytest.FixtureRequest, valkey: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    """The product, with the environment and settings that the case asks for."""
    setup = cases()[request.getfixturevalue("name")].get("setup", {})
    for name, value in setup.get("env", {}).items():
        monkeypatch.setenv(name, _environment_value(value))
    settings.MEDIA_ROOT = str(tmp_path / "files")
    changes: dict[str, Any] = {
        "ALLOW_NETWORKS": (ipaddress.ip_network("127.0.0.1/32"),),
        "SWEEP_SECONDS": 0.2,
        "GLOBALS": setup.get("globals", {}),
    }
    settings.MILLSTREAM = {**settings.MILLSTREAM, **changes}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # half a second less a case
    faster_scheduler(monkeypatch)
    accounts.create_user("ada", "correct horse battery")
    made = Stage(accounts.create_token("ada", "tests")[1])
    made.start()
    yield made
    made.stop()


def _environment_value(text: str) -> str:
    """`base64 of ...` and `base64 (with embedded newlines) of ... repeated n times` as they say, others as they are."""
    how, of, plain = text.partition(" of ")
    if not how.startswith("base64") or not of:
        return text
    start, repeated, times = plain.partition(" repeated ")
    whole = (start * int(times.split()[0]) if repeated else start).encode()
    return (base64.encodebytes if "newlines" in how else base64.b64encode)(whole).decode()


@pytest.mark.parametrize("name", _played())
def test_the_product_does_as_kestra_does(name: str, stage: Stage) -> None:
    case = {**cases()[name]}
    guessed = GUESSED.get(name, ())
    case["derived"] = {key: value for key, value in case.get("derived", {}).items() if key not in guessed}
    Player(stage, case, cases()).play()


def test_nearly_all_cases_pass() -> None:
    if not cases():
        pytest.skip("the shared corpus is not here")
    meant = [name for name, case in cases().items() if not unplayable(case)]
    assert set(KNOWN) <= set(meant)
    assert 1 - len(KNOWN) / len(meant) >= LEAST_SHARE, f"{len(KNOWN)} of {len(meant)} cases fail"
