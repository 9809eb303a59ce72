"""Every invalid or hostile flow of the shared corpus is answered as its comments say."""

import re
import time
from pathlib import Path

import pytest
from django.conf import settings

from builder.errors import Severity
from builder.flows.check import check

CORPUS = Path(settings.BASE_DIR).parent / "shared" / "corpus" / "bad_flows"
FILES = sorted(CORPUS.glob("*.yaml"))
REFUSED = {"error": (True,), "ok": (False,), "warning": (False,), "error_or_warning": (True, False)}


def said(text: str, name: str) -> str:
    found = re.search(rf"^\ufeff?# {name}: (.*?)\r?$", text, re.MULTILINE)
    return found[1] if found else ""


@pytest.mark.skipif(not FILES, reason="the shared corpus is not here")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_bad_flow_is_answered_as_its_comment_says(file: Path):
    catalogue = pytest.importorskip("builder.tasks.catalogue").catalogue()
    text = file.read_bytes().decode()
    began = time.process_time()
    result = check(text, catalogue)
    assert time.process_time() - began < 2
    expected = said(text, "expect")
    assert bool(result.errors) in REFUSED.get(expected, (True, False))
    if expected in ("error", "warning") and said(text, "line"):
        wanted = Severity(expected)
        assert int(said(text, "line")) in [each.line for each in result.problems if each.severity is wanted]
