"""A flow as Kestra's record, from its text; and a flow that came as JSON, as text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import yaml

from builder.access.answers import problem_json
from builder.api.execution_json import instant, labels_json
from builder.errors import Problem, Severity, dotted
from builder.flows.check import Checked
from builder.flows.dialects.signs import Spoken
from builder.flows.read import read_labels
from builder.store import births
from builder.store.flows import Revision

_SERVER_SIDE = frozenset({"revision", "source", "deleted", "created", "updated", "exception", "tenantId", "draft"})
"""Keys of the record that are not of the flow's text."""
_OF_THE_WHOLE = ("Recursive call",)


def flow_json(revision: Revision, *, source: bool = False, updated: datetime | None = None) -> dict[str, Any]:
    """The record of one revision; `exception` says why when its text is not valid (any more)."""
    checked = births.checked(revision.source)
    data = checked.document.data
    record: dict[str, Any] = dict(data) if isinstance(data, Mapping) else {}
    record |= {
        "id": revision.flow_id,
        "namespace": revision.namespace,
        "revision": revision.number,
        "disabled": record.get("disabled", False),
        "deleted": revision.deleted,
        "updated": instant(updated or revision.created_at),
    }
    if checked.flow is None:
        record["exception"] = constraints(checked.errors)
    elif "labels" in record:
        record["labels"] = labels_json(read_labels(record["labels"]))
    if source:
        record["source"] = revision.source
    return record


def source_of(value: Mapping[str, Any]) -> str:
    """The YAML text of a flow that was sent as JSON."""
    own = {key: item for key, item in value.items() if key not in _SERVER_SIDE and item is not None}
    return str(yaml.dump(own, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=120))


class _Writer(yaml.SafeDumper):
    """Texts of several lines as blocks, as people write prompts."""


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Writer.add_representer(str, _text)


def validation_json(checked: Checked, spoken: Spoken, index: int, latest: int | None) -> dict[str, Any]:
    """What is wrong with a flow, in Kestra's shape; `problems` has each with its place, `dialect` what it speaks."""
    data = checked.document.data if isinstance(checked.document.data, Mapping) else {}
    warnings = [found for found in checked.problems if found.severity is Severity.WARNING]
    said = data.get("revision")
    return {
        "flow": data.get("id"),
        "namespace": data.get("namespace"),
        "index": index,
        "constraints": constraints(checked.errors) if checked.errors else None,
        "outdated": isinstance(said, int) and latest is not None and said < latest,
        "deprecationPaths": list(dict.fromkeys(dotted(sign.path) for sign in spoken.hints)),
        "warnings": [_line(found) for found in warnings],
        "infos": [f"{dotted(sign.path)}: {sign.message}" for sign in spoken.hints],
        "dialect": spoken.dialect,
        "problems": [problem_json(found) for found in checked.problems],
    }


def constraints(problems: tuple[Problem, ...]) -> str:
    """All that is wrong, a line each; two for what has no id, since Kestra says it is null and it is blank."""
    lines = []
    for found in problems:
        lines.append(_line(found))
        if found.message.endswith(" has no id"):
            lines.append(f"{found.where}.id: must not be blank")
    return "\n".join(lines)


def _line(found: Problem) -> str:
    """Kestra says of what is wrong with the flow as a whole that the flow is invalid."""
    message = f"Invalid Flow: {found.message}" if found.message.startswith(_OF_THE_WHOLE) else found.message
    return f"{found.where}: {message}" if found.path else message
