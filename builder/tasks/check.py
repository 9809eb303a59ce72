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
from builder.tasks.fields.properties import AsWritten, Properties, field_of, holds_template, yaml_names
from builder.tasks.fields.sentences import faults_of
from builder.tasks.fields.shapes import Shape, members_of, model_for, shapes_of
from builder.tasks.plugin import Plugin

_ENTERPRISE = ("workerGroup", "workerSelector", "policyRefs", "assets")
_LONGEST = 80
_KEY_LIKE = re.compile(r"^(sk-|AKIA|ghp_|gho_|xox[bp]-|AIza|eyJ)[\w.-]{12,}")


def check_written(plugin: type[Plugin], written: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the properties as written; child tasks are not looked at."""
    faults = _invalid(plugin, written) if all(isinstance(key, str) for key in written) else [_odd_key(plugin, written)]
    faults += _bad_durations(plugin, written) + _plain_secrets(plugin, written) + _without_effect(written)
    faults += _never_read(plugin, written, ())
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


def _never_read(model: type[BaseModel], written: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    """Expressions in properties that are read as they are written, such as the cron expression of a schedule."""
    for key, value in written.items():
        found = field_of(model, key)
        if found is None or not issubclass(model, Properties) or _has_no_effect(found[1]):
            continue
        here = (*path, key)
        places = [((*here, place), item) for place, item in enumerate(value)] if isinstance(value, list) else []
        for place, item in places or [(here, value)]:
            inner = model_for(found[1].annotation, item) if isinstance(item, Mapping) else None
            if inner is not None:
                yield from _never_read(inner, item, place)
            elif not model.takes_expression(found[0]) and _holds_expression(item):
                sentence = f"{dotted(place)} is read as it is written, and {_shown(item)} is an expression"
                yield Fault(place, sentence, _where_they_are_read(model))


def _has_no_effect(field: FieldInfo) -> bool:
    """Notes, and what is accepted for other servers' sake."""
    form = next((item for item in field.metadata if isinstance(item, Form)), Form())
    return form.control == "hidden" or form.group == "step"


def _holds_expression(value: Any) -> bool:
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return holds_template(value) or any(_holds_expression(part) for part in parts)


def _shown(value: Any) -> str:
    return f"`{value[:_LONGEST]}`" if isinstance(value, str) else "what stands there"


def _where_they_are_read(model: type[Properties]) -> str:
    fields = model.model_fields.items() if issubclass(model, AsWritten) else ()
    names = [
        yaml_names(name, one)[0] for name, one in fields if not _has_no_effect(one) and model.takes_expression(name)
    ]
    return (
        f"Write the value itself; expressions are read in {', '.join(names)}." if names else "Write the value itself."
    )


def _without_effect(written: Mapping[str, Any]) -> list[Fault]:
    return [
        Fault((key,), f"{key} has no effect here", "It belongs to Kestra's server.", Severity.WARNING)
        for key in _ENTERPRISE
        if written.get(key) is not None
    ]
