"""Checks request bodies against OpenAI's own published specification, where the shared references are at hand."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

SPEC = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "openai_spec_cut.json"
SCHEMAS = {
    "/v1/chat/completions": "CreateChatCompletionRequest",
    "/mistral/v1/chat/completions": "CreateChatCompletionRequest",
    "/v1/responses": "CreateResponse",
    "/v1/completions": "CreateCompletionRequest",
    "/v1/embeddings": "CreateEmbeddingRequest",
    "/v1/moderations": "CreateModerationRequest",
    "/v1/images/generations": "CreateImageRequest",
    "/v1/images/variations": "CreateImageVariationRequest",
    "/v1/audio/speech": "CreateSpeechRequest",
    "/v1/audio/transcriptions": "CreateTranscriptionRequest",
    "/v1/audio/translations": "CreateTranslationRequest",
    "/v1/files": "CreateFileRequest",
    "/v1/realtime/sessions": "RealtimeSessionCreateRequest",
    "/v1/realtime/transcription_sessions": "RealtimeTranscriptionSessionCreateRequest",
}
LEFT_OUT = {
    "CreateResponse": {"stream", "instructions"},
    "RealtimeSessionCreateRequest": {"model", "input_audio_noise_reduction"},
    "RealtimeTranscriptionSessionCreateRequest": {"modalities"},
}
"""Parameters that the document lost but the API has, or had when it offered the call."""
OF_OTHERS = {"/mistral/v1/chat/completions": {"safe_prompt", "random_seed"}}
"""Parameters that another server has besides."""
_WRONGLY_REQUIRED = {"client_secret"}
"""What the document asks of requests although the server makes it."""


def at_hand() -> bool:
    return SPEC.exists()


@cache
def _document() -> dict[str, Any]:
    return dict(json.loads(SPEC.read_text()))


@cache
def _validator(schema: str) -> Draft202012Validator:
    resource = Resource.from_contents(_document(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:openai", resource)
    return Draft202012Validator({"$ref": f"urn:openai#/components/schemas/{schema}"}, registry=registry)


@cache
def known_keys(schema: str) -> frozenset[str]:
    """All property names of a schema, those of its `allOf` parts included."""
    described = _document()["components"]["schemas"][schema]
    keys = set(described.get("properties", {})) | LEFT_OUT.get(schema, set())
    for part in described.get("allOf", []):
        reference = part.get("$ref")
        keys |= known_keys(reference.rsplit("/", 1)[-1]) if reference else set(part.get("properties", {}))
    return frozenset(keys)


def faults(method: str, path: str, body: dict[str, Any]) -> list[str]:
    """What the specification would refuse in this body; empty when it is right or the document is not at hand."""
    schema = SCHEMAS.get(path) if method == "POST" else None
    if schema is None or not at_hand():
        return []
    body = {_name(key, schema): value for key, value in body.items()}
    found = [
        f"Unknown parameter: '{key}'." for key in sorted(set(body) - known_keys(schema) - OF_OTHERS.get(path, set()))
    ]
    error = best_match(one for one in _validator(schema).iter_errors(_as_json(body)) if not _is_excused(one))
    if error is not None:
        found.append(f"Invalid value for '{error.json_path.removeprefix('$.')}': {error.message[:300]}")
    return found


def _is_excused(error: ValidationError) -> bool:
    return error.validator == "required" and any(f"'{name}'" in error.message for name in _WRONGLY_REQUIRED)


def _as_json(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of a form as the values that their text means; a file as its name."""
    if not any(isinstance(value, tuple) for value in body.values()):
        return body
    return {key: _meant(value) for key, value in body.items()}


def _name(key: str, schema: str) -> str:
    """A form's repeated field (`include[]`) by the name that the document has for it."""
    return key if key in known_keys(schema) else key.removesuffix("[]")


def _meant(value: Any) -> Any:
    if isinstance(value, tuple):
        return value[0]
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
