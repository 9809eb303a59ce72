"""What is known of models: their names by kind, and when OpenAI shuts one down and what to use instead.

Any other name is passed on as it is written. The dates are those that the `openai` package announces in its types (a
test holds the table against them); the replacements are ours where it names none.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum

from builder.tasks.api import Fault, Path, Severity, dotted, holds_template


class Kind(Enum):
    """What a model is for."""

    CHAT = "answers in text"
    IMAGES = "draws"
    SPEECH = "speaks"
    LISTENING = "listens"
    EMBEDDINGS = "makes embeddings"
    MODERATION = "judges"
    OTHER = "something else"


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a model: `on` is its announced day; `instead` is empty where nothing takes its place."""

    on: date
    instead: str = ""

    def said(self, model: str) -> str:
        """As a sentence without its full stop."""
        when = "has shut down" if self.on <= today() else "shuts down"
        return f"OpenAI {when} the model {model} (on {self.on:%Y-%m-%d}); {self.advice}"

    @property
    def in_short(self) -> str:
        """Beside the model's name."""
        return f"{'shut down' if self.on <= today() else 'shuts down'} {self.on:%Y-%m-%d}"

    @property
    def advice(self) -> str:
        return f"use {self.instead} instead" if self.instead else "choose another model in time"


CHAT_MODELS = (
    "gpt-5.4-mini", "gpt-5.4", "gpt-6-luna", "gpt-6.1-terra", "gpt-6.1-sol", "gpt-6-sol", "gpt-6.2-sol", "gpt-6-astra",
    "gpt-6.2-astra", "gpt-5.6-luna", "gpt-5.6-terra", "gpt-5.6-sol", "gpt-5.5", "gpt-5.2", "gpt-5.1", "gpt-5-mini",
    "gpt-4.1-mini", "gpt-4.1", "gpt-4o-mini", "gpt-4o",
)  # fmt: skip
"""Models that answer in text, those that are offered for long yet first, those on their way out last."""
IMAGE_MODELS = (
    "gpt-image-2.5-flare", "gpt-image-2.5-sunburst", "gpt-image-2.6-flare", "gpt-image-2.6-sunburst", "gpt-image-2",
    "gpt-image-1.5", "gpt-image-1-mini", "chatgpt-image-latest",
)  # fmt: skip
"""Models that draw."""
EMBEDDING_MODELS = ("text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002")
SPEECH_MODELS = ("gpt-4o-mini-tts", "tts-1", "tts-1-hd")
LISTENING_MODELS = (
    "gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-transcribe-diarize", "whisper-1",
)  # fmt: skip
VOICES = (
    "alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse", "marin", "cedar",
)  # fmt: skip

_ENDINGS: tuple[tuple[str, str, str], ...] = (
    ("2024-09-13", "gpt-5.4-mini", "gpt-3.5-turbo-16k gpt-3.5-turbo-16k-0613 gpt-3.5-turbo-0301 gpt-3.5-turbo-0613"),
    ("2024-12-06", "gpt-5.4", "gpt-4-vision-preview"),
    ("2025-06-06", "gpt-5.4", "gpt-4-32k gpt-4-32k-0314 gpt-4-32k-0613"),
    ("2025-07-28", "gpt-5.4", "o1-preview o1-preview-2024-09-12"),
    ("2025-10-10", "gpt-audio", "gpt-4o-audio-preview-2024-10-01"),
    ("2025-10-27", "gpt-5.4-mini", "o1-mini o1-mini-2024-09-12"),
    ("2026-02-12", "gpt-5.4-mini", "codex-mini-latest"),
    ("2026-02-17", "gpt-5.4", "chatgpt-4o-latest"),
    ("2026-03-26", "gpt-5.4", "gpt-4-0125-preview gpt-4-turbo-preview gpt-4-0314"),
    ("2026-05-07", "gpt-audio", "gpt-4o-audio-preview gpt-4o-audio-preview-2024-12-17"),
    ("2026-05-07", "gpt-audio", "gpt-4o-audio-preview-2025-06-03"),
    ("2026-05-07", "gpt-audio", "gpt-4o-mini-audio-preview gpt-4o-mini-audio-preview-2024-12-17"),
    ("2026-05-12", "gpt-image-2.5-flare", "dall-e-2 dall-e-3"),
    ("2026-07-23", "gpt-5.4", "gpt-5.1-codex gpt-5.1-chat-latest gpt-5-chat-latest"),
    ("2026-07-23", "gpt-5.4 with the tool web_search", "gpt-4o-search-preview gpt-4o-search-preview-2025-03-11"),
    ("2026-07-23", "gpt-5.4-mini with the tool web_search", "gpt-4o-mini-search-preview"),
    ("2026-07-23", "gpt-5.4-mini with the tool web_search", "gpt-4o-mini-search-preview-2025-03-11"),
    ("2026-08-10", "gpt-5.4", "gpt-5.3-chat-latest gpt-5.2-chat-latest"),
    ("2026-09-28", "gpt-5.4-mini", "gpt-3.5-turbo-1106"),
    ("2026-10-23", "gpt-image-2.5-sunburst or gpt-image-2.5-flare", "gpt-image-1"),
    ("2026-10-23", "gpt-6-luna", "gpt-4.1-nano gpt-4.1-nano-2025-04-14"),
    ("2026-10-23", "gpt-5.4-mini", "gpt-3.5-turbo gpt-3.5-turbo-0125 o4-mini o4-mini-2025-04-16 o3-mini"),
    ("2026-10-23", "gpt-5.4-mini", "o3-mini-2025-01-31"),
    ("2026-10-23", "gpt-5.4", "gpt-4 gpt-4-0613 gpt-4-1106-preview gpt-4-turbo gpt-4-turbo-2024-04-09"),
    ("2026-10-23", "gpt-5.4", "gpt-4o-2024-05-13 o1 o1-2024-12-17"),
    ("2026-12-11", "gpt-5.4", "gpt-5 gpt-5-2025-08-07 o3 o3-2025-04-16"),
    ("2026-12-11", "gpt-5.4-mini", "gpt-5-mini gpt-5-mini-2025-08-07"),
    ("2026-12-11", "gpt-6-luna", "gpt-5-nano gpt-5-nano-2025-08-07"),
    ("2027-01-06", "", "tts-1 tts-1-hd gpt-4o-mini-tts gpt-4o-mini-tts-2025-12-15"),
    ("2027-01-14", "gpt-5.4", "gpt-4.1 gpt-4.1-2025-04-14 gpt-4o gpt-4o-2024-08-06 gpt-4o-2024-11-20"),
    ("2027-01-14", "gpt-5.4-mini", "gpt-4.1-mini gpt-4.1-mini-2025-04-14 gpt-4o-mini gpt-4o-mini-2024-07-18"),
    ("2027-01-20", "gpt-audio", "gpt-audio-mini gpt-audio-mini-2025-12-15"),
    ("2027-02-26", "gpt-transcribe", "whisper-1 gpt-4o-transcribe gpt-4o-transcribe-diarize gpt-4o-mini-transcribe"),
    ("2027-02-26", "gpt-transcribe", "gpt-4o-mini-transcribe-2025-12-15"),
    ("2027-04-01", "gpt-5.4", "gpt-5.1 gpt-5.1-2025-11-13"),
    ("2027-04-01", "gpt-6-luna", "gpt-5.4-nano gpt-5.4-nano-2026-03-17"),
)
"""Day, what to use instead, and the models that end then."""
ENDINGS = {name: Ending(date.fromisoformat(day), instead) for day, instead, names in _ENDINGS for name in names.split()}
_KINDS = (
    (Kind.EMBEDDINGS, ("embedding",)),
    (Kind.MODERATION, ("moderation",)),
    (Kind.IMAGES, ("dall-e", "gpt-image", "chatgpt-image", "-image")),
    (Kind.SPEECH, ("tts",)),
    (Kind.LISTENING, ("whisper", "transcribe")),
    (Kind.OTHER, ("realtime", "gpt-live", "sora", "davinci", "babbage", "turbo-instruct")),
)
_SUGGESTED = {
    Kind.CHAT: CHAT_MODELS,
    Kind.IMAGES: IMAGE_MODELS,
    Kind.SPEECH: SPEECH_MODELS,
    Kind.LISTENING: LISTENING_MODELS,
    Kind.EMBEDDINGS: EMBEDDING_MODELS,
}


def today() -> date:
    """The day by which a model is gone or not yet."""
    return datetime.now(UTC).date()


def kind_of(name: str) -> Kind:
    """What a model of this name is for, as far as the name says so; one that says nothing answers in text."""
    return next((kind for kind, parts in _KINDS if any(part in name.lower() for part in parts)), Kind.CHAT)


def kind_suggested(options: tuple[str, ...]) -> Kind | None:
    """The kind whose names a form suggests; None where it suggests other names, or none."""
    return kind_of(options[0]) if options else None


def known(kind: Kind) -> tuple[str, ...]:
    """The names of a kind to suggest where no server can be asked."""
    return _SUGGESTED.get(kind, ())


def gone(name: str) -> Ending | None:
    """The end of a model that is shut down already."""
    ending = ENDINGS.get(name)
    return ending if ending and ending.on <= today() else None


def advice_on(name: object, path: Path) -> list[Fault]:
    """A warning where a flow names a model whose end is announced; `path` is where it is written."""
    ending = ENDINGS.get(name) if isinstance(name, str) and not holds_template(name) else None
    if ending is None:
        return []
    return [Fault(path, f"{dotted(path)}: {ending.said(str(name))}", severity=Severity.WARNING)]
