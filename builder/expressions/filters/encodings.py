"""Filters between values and their written forms: JSON, YAML, Ion, base64, addresses, hashes."""

import base64
import binascii
import hashlib
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from builder.expressions.evaluation.arguments import made, only_text, text
from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError
from builder.expressions.jq import run_jq
from builder.expressions.registry import filter_
from builder.expressions.values import json_text, read_json
from builder.expressions.written.ion import ion_text
from builder.expressions.written.yaml_text import yaml_text

_JQ_BYTES = 4 * 1024 * 1024


@filter_("toJson json", "Any value as compact JSON.", '{{ {"a": null} | toJson }}', '{"a":null}', takes_null=True)
def to_json(session: Session, value: Any) -> str:
    return json_text(value, session.budget)


@filter_("toIon", "Any value as a line of Ion text.", '{{ {"a": "b"} | toIon }}', '{a:"b"}', takes_null=True)
def to_ion(session: Session, value: Any) -> str:
    return ion_text(value, session.budget)


@filter_("yaml", "Any value as YAML.", '{{ {"a": 1} | yaml }}', "a: 1\n", takes_null=True)
def yaml(session: Session, value: Any) -> str:
    return "null" if value is None else yaml_text(value, session.budget)


@filter_("jq", "The results of a jq program, always as a list.", '{{ {"a": [1, 2]} | jq(".a[]") }}', "[1,2]")
def jq(session: Session, value: Any, expression: Any) -> Any:
    program = only_text(expression, "The expression of jq")
    source = value if isinstance(value, str) else json_text(value, session.budget)
    session.budget.text(len(source))
    results, seconds = run_jq(program, source, most_bytes=_JQ_BYTES, most_items=session.budget.limits.items)
    session.budget.wait(seconds)
    return read_json(results, session.budget)


@filter_("base64encode", "The text (UTF-8) in base64.", "{{ 'Ada' | base64encode }}", "QWRh")
def base64encode(session: Session, value: Any) -> str:
    source = text(session, value)
    session.budget.text(len(source) * 2)
    return base64.b64encode(source.encode("utf-8", "replace")).decode()


@filter_("base64decode", "The text that base64 stands for.", "{{ 'QWRh' | base64decode }}", "Ada")
def base64decode(session: Session, value: Any) -> str:
    try:
        return made(session, base64.b64decode(text(session, value), validate=True).decode(errors="replace"))
    except (binascii.Error, ValueError):
        raise ExpressionError("The text is not base64") from None


@filter_("urlencode", "The text for use in an address.", "{{ 'a b&c' | urlencode }}", "a+b%26c")
def urlencode(session: Session, value: Any) -> str:
    source = text(session, value)
    session.budget.text(len(source) * 3)
    return quote_plus(source, safe="*", errors="replace").replace("~", "%7E")


@filter_("urldecode", "The text that was encoded for an address.", "{{ 'a+b%26c' | urldecode }}", "a b&c")
def urldecode(session: Session, value: Any) -> str:
    return made(session, unquote_plus(text(session, value)))


def _hashed(name: str, value: Any) -> str:
    source = only_text(value, f"The value of {name}").encode("utf-8", "replace")
    return hashlib.new(name, source, usedforsecurity=False).hexdigest()


@filter_("md5", "The MD5 hash of a text, in hex.", "{{ 'a' | md5 }}", "0cc175b9c0f1b6a831c399e269772661")
def md5(session: Session, value: Any) -> str:
    return _hashed("md5", value)


@filter_("sha1", "The SHA-1 hash of a text, in hex.", "{{ 'a' | sha1 }}", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8")
def sha1(session: Session, value: Any) -> str:
    return _hashed("sha1", value)


@filter_("sha256", "The SHA-256 hash of a text, in hex.", "{{ 'a' | sha256 | slice(0, 16) }}", "ca978112ca1bbdca")
def sha256(session: Session, value: Any) -> str:
    return _hashed("sha256", value)


@filter_("sha512", "The SHA-512 hash of a text, in hex.", "{{ 'a' | sha512 | slice(0, 16) }}", "1f40fc92da241694")
def sha512(session: Session, value: Any) -> str:
    return _hashed("sha512", value)
