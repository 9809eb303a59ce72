"""What the editor offers to add: what is needed often comes first, the headings stand in a fixed order."""

from collections.abc import Mapping

from builder.flows.catalogue import Kind
from builder.tasks.catalogue import Catalogue, Entry

_CORE = "io.kestra.plugin.core."
OFTEN = (
    "io.kestra.plugin.openai.ChatCompletion",
    "io.kestra.plugin.openai.Responses",
    _CORE + "log.Log",
    _CORE + "flow.If",
    _CORE + "flow.ForEach",
    _CORE + "flow.Approval",
    _CORE + "http.Request",
    _CORE + "kv.Set",
    "io.kestra.plugin.notifications.mail.MailSend",
    _CORE + "flow.Subflow",
)
FIRST = ("OpenAI", "AI", "Logs and values", "Flow control", "HTTP", "Mail", "Key-value store", "Files",
         "Files of a namespace", "Execution", "Triggers")  # fmt: skip
LAST = ("OpenAI, call by call", "Instill")
"""Whole vocabularies for those who know them; headings that are named nowhere stand before these."""


def often(known: Catalogue) -> tuple[Entry, ...]:
    """The steps that most flows have; those of a package that is not installed are left out."""
    return tuple(entry for name in OFTEN if (entry := known.find(name)) is not None)


def offered(known: Catalogue, kind: Kind) -> Mapping[str, tuple[Entry, ...]]:
    """Every type that is offered, under its heading; under each what is needed often comes first."""
    found = known.categories(kind)
    return {heading: tuple(sorted(found[heading], key=_usual)) for heading in sorted(found, key=_place)}


def _usual(entry: Entry) -> int:
    return OFTEN.index(entry.name) if entry.name in OFTEN else len(OFTEN)


def _place(heading: str) -> tuple[int, str]:
    if heading in FIRST:
        return FIRST.index(heading), heading
    return len(FIRST) + (1 + LAST.index(heading) if heading in LAST else 0), heading
