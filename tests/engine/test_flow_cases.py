"""Kestra's own flows and what its tests say of them, played in memory; skipped where they are not at hand."""

from typing import Any

import pytest
import yaml

from tests.engine.cases import CORPUS, Case

ELSEWHERE = {
    "concurrency": "concurrency between executions",
    "io.kestra.plugin.core.trigger.Flow": "flow triggers",
    "input:SECRET": "encryption",
    "input:FILE": "files",
    "fn:secret": "secrets",
    "fn:kv": "the KV store behind kv()",
    "fn:read": "files behind read()",
    "logToFile": "log files",
}
"""What cases need that is not the engine's: other tests play these."""


def _cases() -> list[Any]:
    path = CORPUS / "flow_cases.yaml"
    if not path.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason="the shared corpus is not here"))]
    cases = yaml.safe_load(path.read_text())
    return [pytest.param(case, id=case["id"]) for case in cases if case["kind"] == "execute"]


@pytest.mark.parametrize("case", _cases())
def test_a_flow_runs_as_in_kestra(case: dict[str, Any]) -> None:
    for feature in case.get("features", ()):
        if feature in ELSEWHERE:
            pytest.skip(f"needs {ELSEWHERE[feature]}")
    if case.get("needs"):
        pytest.skip(f"needs {case['needs']}")
    Case(case).play()
