"""Checks properties as written: a value that holds a template passes, all else is judged by type and bounds."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from builder.errors import Fault, Path, Severity, dotted
from builder.flows.durations import BadDuration, parse_duration
from builder.tasks.fields.form import Form
from builder.tasks.fields.properties import field_of, holds_template
from builder.tasks.fields.sentences import faults_of
from builder.tasks.fields.shapes import Shape, members_of, model_for, shapes_of
from builder.tasks.plugin import Plugin

_ENTERPRISE = ("workerGroup", "workerSelector", "policyRefs", "assets")
_KEY_LIKE = re.compile(r"^(sk-|AKIA|ghp_|gho_|xox[bp]-|AIza|eyJ)[\w.-]{12,}")


def check_written(plugin: type[Plugin], written: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the properties as written; child tasks are not looked at."""
    faults = _invalid(plugin, written) if all(isinstance(key, str) for key in written) else [_odd_key(plugin, written)]
    faults += _bad_durations(plugin, written) + _plain_secrets(plugin, written) + _without_effect(written)
    return faults + _advice(plugin, written)


def _advice(plugin: type[Plugin], written: Mapping[str, Any]) -> list[Fault]:
    """A plug-in advises and never forbids: what it finds wrong is said by its fields and validators."""
    try:
        return [replace(fault, severity=Severity.WARNING) for fault in plugin.advice_on(written)]
    except Exception as error:  # a plug-in's own advice broke: likewise
        sentence = f"{plugin.short_name()} could not be looked through, its own advice broke: {error!r}"
        return [Fault((), sentence, severity=Severity.WARNING)]


def _invalid(plugin: type[Plugin], written: Mapping[str, Any]) -> list[Fault]:
    try:
        plugin.read(written)
    except ValidationError as error:
        return faults_of(error.errors(include_url=False), plugin, written, plugin.short_name())
    except Exception as error:  # a plug-in's own validator broke: the editor must go on, and say whose fault it is
        return [Fault((), f"{plugin.short_name()} could not be checked, its own check broke: {error!r}")]
    return []


def _odd_key(plugin: type[Plugin], written: Mapping[str, Any]) -> Fault:
    key = next(key for key in written if not isinstance(key, str))
    return Fault((), f"{plugin.short_name()} has a property named {key!r}; names of properties are text")


def _bad_durations(plugin: type[Plugin], written: Mapping[str, Any]) -> list[Fault]:
    """Durations that a type keeps as text, since the engine renders and reads them: they show as durations in forms."""
    faults = []
    for key, value in written.items():
        found = field_of(plugin, key)
        if found is None or not _is_duration_text(found[1]) or not isinstance(value, str) or holds_template(value):
            continue
        try:
            parse_duration(value)
        except BadDuration as error:
            faults.append(Fault((key,), f"{key}: {error}"))
    return faults


def _is_duration_text(field: FieldInfo) -> bool:
    form = next((item for item in field.metadata if isinstance(item, Form)), None)
    return form is not None and form.control == "duration" and shapes_of(field.annotation) == {Shape.TEXT}


def _plain_secrets(plugin: type[Plugin], written: Mapping[str, Any]) -> list[Fault]:
    return [_plain_secret(path, value) for path, value in _secrets_in(plugin, written, ())]


def _secrets_in(model: type[BaseModel], written: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    """The secret properties whose value stands in the flow itself, with their paths."""
    for key, value in written.items():
        found = field_of(model, key)
        if found is None:
            continue
        if isinstance(value, Mapping):
            inner = model_for(found[1].annotation, value)
            yield from _secrets_in(inner, value, (*path, key)) if inner is not None else ()
        elif _is_plain(value) and SecretStr in members_of(found[1].annotation):
            yield (*path, key), value


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not holds_template(value)


def _plain_secret(path: Path, value: str) -> Fault:
    looks = "looks like a key that works" if _KEY_LIKE.match(value) else "is readable by everybody who sees the flow"
    return Fault(
        path,
        f"{dotted(path)} {looks}: keep it as a secret and write {{{{ secret('NAME') }}}} here",
        "Secrets are set on the Secrets page.",
        Severity.WARNING,
    )


def _without_effect(written: Mapping[str, Any]) -> list[Fault]:
    return [
        Fault((key,), f"{key} has no effect here", "It belongs to Kestra's server.", Severity.WARNING)
        for key in _ENTERPRISE
        if written.get(key) is not None
    ]
