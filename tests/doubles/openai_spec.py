"""Checks request bodies against OpenAI's own published specification, where the shared references are at hand."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

SPEC = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "openai_spec_cut.json"
SCHEMAS = {"/v1/chat/completions": "CreateChatCompletionRequest", "/v1/responses": "CreateResponse"}
LEFT_OUT = {"CreateResponse": {"stream", "instructions"}}
"""Parameters that the cut document lost but the API has."""


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


def faults(path: str, body: dict[str, Any]) -> list[str]:
    """What the specification would refuse in this body; empty when it is right or the document is not at hand."""
    schema = SCHEMAS.get(path)
    if schema is None or not at_hand():
        return []
    found = [f"Unknown parameter: '{key}'." for key in sorted(set(body) - known_keys(schema))]
    error = best_match(_validator(schema).iter_errors(body))
    if error is not None:
        found.append(f"Invalid value for '{error.json_path.removeprefix('$.')}': {error.message[:300]}")
    return found
