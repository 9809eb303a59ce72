"""Speech in an answer: a sound, kept as a file of the execution."""

from dataclasses import dataclass, replace

from builder.tasks.api import RunContext
from tasks_openai.answers import media
from tasks_openai.prices import cost_of_speech
from tasks_openai.wire.calls import fetch, paid_for_nothing
from tasks_openai.wire.connection import Connection
from tasks_openai.wire.exchange import Call, Reply
from tasks_openai.wire.failures import Misunderstood
from tasks_openai.wire.records import spend

LARGEST_SPEECH_BYTES = 64 * 2**20
_KINDS = {
    "mp3": "audio/mpeg", "opus": "audio/ogg", "aac": "audio/aac", "flac": "audio/flac", "wav": "audio/wav",
    "pcm": "audio/pcm",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sound that is kept."""

    uri: str
    kind: str
    size: int


async def spoken_by(context: RunContext, connection: Connection, call: Call, wanted: str) -> Spoken:
    """Makes the call and keeps the sound, which was asked for as `wanted` (mp3, opus ...). Raises TaskFailure."""
    model, text = str((call.body or {}).get("model") or ""), str((call.body or {}).get("input") or "")
    call = replace(call, accept="application/octet-stream")  # as the official client asks for it
    came = await fetch(context, connection, call, model=model, limit_bytes=LARGEST_SPEECH_BYTES)
    if _is_text(came):
        said = Misunderstood(came.content[:1000].decode(errors="replace"))
        raise paid_for_nothing(context, connection, model, said)
    cost = cost_of_speech(model, len(text), connection.priced_as, context.now())
    spend(context, cost, {"model": model})
    return Spoken(await context.files.put(f"speech.{wanted}", came.content), _KINDS[wanted], len(came.content))


def _is_text(came: Reply) -> bool:
    """Whether a server answered with words instead of a sound: a page, an error, the beginning of a conversation."""
    said = came.kind.startswith("text/") or came.kind == "application/json"
    return said or not came.content or media.kind_of(came.content) == "text/plain"
