"""What is known of models is what OpenAI's package says; a flow is warned of an end, and never refused for a name."""

import inspect
import re
from calendar import month_name
from datetime import date
from typing import Any, get_args

import pytest

from builder.errors import Severity
from builder.tasks.api import TaskFailure
from builder.tasks.check import check_written
from tasks_openai import model_names
from tasks_openai.instill.text_generation import TextGeneration
from tasks_openai.kestra.chat_completion import ChatCompletion
from tasks_openai.model_names import ENDINGS, Kind, kind_of
from tasks_openai.toolkit.create_image import CreateImage
from tests.doubles.openai_answers import Answer
from tests.doubles.openai_server import OpenAIServer
from tests.tasks_openai.conftest import Run

_MONTHS = dict(zip(month_name, range(13), strict=True))


def announced() -> dict[str, date]:
    """The days on which models end, as the package's types say them."""
    from openai.types import audio_model, image_model
    from openai.types.audio import speech_model
    from openai.types.shared import chat_model

    found = {}
    for module in (chat_model, image_model, audio_model, speech_model):
        _, _, words = inspect.getsource(module).partition("Deprecated values:")
        for entry in re.split(r"\n- ", words)[1:]:
            names, _, said = " ".join(entry.split()).partition('": ')
            if (day := _day(said)) is not None:
                found |= dict.fromkeys(re.findall(r'"([^"]+)', f'{names}"'), day)
    return {name: day for name, day in found.items() if name.strip(", ")}


def _day(said: str) -> date | None:
    if spoken := re.search(r"on (\w+) (\d+), (\d+)", said):
        return date(int(spoken[3]), _MONTHS[spoken[1]], int(spoken[2]))
    written = re.search(r"shutdown date: (\d+-\d+-\d+)", said)
    return date.fromisoformat(written[1]) if written else None


def test_the_days_are_those_that_openai_announced() -> None:
    assert {name: ending.on for name, ending in ENDINGS.items()} == announced()


def test_what_to_use_instead_is_offered_for_longer() -> None:
    for ending in ENDINGS.values():
        for name in re.findall(r"gpt-[\w.-]+", ending.instead):
            assert name not in ENDINGS, name


def test_names_are_sorted_by_what_they_are_for() -> None:
    from openai.types import EmbeddingModel, ImageModel, ModerationModel
    from openai.types.audio import SpeechModel
    from openai.types.audio_model import AudioModel
    from openai.types.shared import ChatModel

    kinds = {
        Kind.CHAT: ChatModel, Kind.IMAGES: ImageModel, Kind.LISTENING: AudioModel, Kind.SPEECH: SpeechModel,
        Kind.EMBEDDINGS: EmbeddingModel, Kind.MODERATION: ModerationModel,
    }  # fmt: skip
    for kind, names in kinds.items():
        assert {kind_of(name) for name in get_args(names)} == {kind}
        assert set(model_names.known(kind)) <= set(get_args(names))
    assert kind_of("text-davinci-003") is kind_of("gpt-realtime") is Kind.OTHER


def test_no_name_is_suggested_that_is_gone() -> None:
    for kind in Kind:
        assert [name for name in model_names.known(kind) if model_names.gone(name)] == []


@pytest.fixture
def on_day(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda day: monkeypatch.setattr(model_names, "today", lambda: date.fromisoformat(day))


def said(**written: Any) -> list[tuple[Severity, str]]:
    whole = {"id": "a", "type": "t", "apiKey": "{{ secret('K') }}", "prompt": "Hi", **written}
    return [(fault.severity, fault.message) for fault in check_written(ChatCompletion, whole)]


def test_a_flow_is_warned_of_the_end_of_its_model_with_the_day_and_what_to_use(on_day: Any) -> None:
    on_day("2026-11-26")
    sentence = "model: OpenAI shuts down the model gpt-4o (on 2027-01-14); use gpt-5.4 instead"
    assert said(model="gpt-4o") == [(Severity.WARNING, sentence)]
    on_day("2027-02-01")
    assert "OpenAI has shut down the model gpt-4o (on 2027-01-14)" in said(model="gpt-4o")[0][1]


@pytest.mark.parametrize(
    "written",
    [
        {"model": "gpt-5.4-mini"},
        {"model": "a-model-of-tomorrow"},
        {"model": "{{ inputs.model }}"},
        {"model": "gpt-4o", "baseUrl": "http://127.0.0.1:8080/v1"},
    ],
)
def test_any_other_name_and_a_server_of_ones_own_pass_without_a_word(written: dict[str, Any]) -> None:
    assert said(**written) == []


def test_the_tools_advise_too() -> None:
    written = {"id": "a", "type": "t", "api_key": "{{ secret('K') }}", "prompt": "A cat", "model": "dall-e-3"}
    found = check_written(CreateImage, written)
    assert [fault.message for fault in found] == [
        "model: OpenAI has shut down the model dall-e-3 (on 2026-05-12); use gpt-image-2.5-flare instead"
    ]


@pytest.mark.parametrize(("path", "words"), [(None, 1), ("http://127.0.0.1:8080", 0)])
def test_instills_components_advise_unless_their_setup_names_a_server(path: str | None, words: int) -> None:
    written = {"id": "a", "type": "t", "prompt": "Hi", "model": "gpt-4-32k"}
    setup = {"api-key": "{{ secret('K') }}", "base-path": path}
    assert len(check_written(TextGeneration, {**written, "setup": setup})) == words


async def test_the_refusal_of_a_model_that_is_gone_says_what_to_use(run: Run, server: OpenAIServer) -> None:
    server.answers.append(Answer("The model `gpt-4-32k` has been deprecated", status=404, code="model_not_found"))
    with pytest.raises(TaskFailure, match=r"has shut down the model gpt-4-32k \(on 2025-06-06\); use gpt-5\.4 instead"):
        await run(ChatCompletion, prompt="Hi", model="gpt-4-32k")


async def test_the_refusal_of_a_model_that_is_still_there_does_not(run: Run, server: OpenAIServer, on_day: Any) -> None:
    on_day("2026-11-26")
    server.answers.append(Answer("The model `gpt-4o` does not exist", status=404, code="model_not_found"))
    with pytest.raises(TaskFailure, match="Choose another model"):
        await run(ChatCompletion, prompt="Hi", model="gpt-4o")
