"""render() and renderOnce() on any value: texts, and texts inside lists and maps."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError
from builder.expressions.values import is_list

_RAW = re.compile(r"\{%-?\s*(raw|verbatim)\s*-?%\}.*?\{%-?\s*end\1\s*-?%\}", re.DOTALL)
MOST_PASSES = 100


def rendered(session: Session, value: Any, *, recursive: bool) -> Any:
    """The value with all its texts rendered, once or until nothing changes."""
    session.budget.step()
    if isinstance(value, str):
        return render_recursively(session, value) if recursive else session.render(value)
    if isinstance(value, Mapping):
        return {rendered(session, key, recursive=recursive) if isinstance(key, str) else key:
                rendered(session, entry, recursive=recursive) for key, entry in value.items()}  # fmt: skip
    if is_list(value):
        return [rendered(session, item, recursive=recursive) for item in value]
    return value


def render_recursively(session: Session, template: str) -> str:
    """Renders until nothing changes; what stood in {% raw %} is put back at the end."""
    kept: dict[str, str] = {}
    mark = secrets.token_hex(8)

    def keep(raw: re.Match[str]) -> str:
        kept[f"raw-{mark}-{len(kept)}-"] = session.render(raw.group())
        return f"raw-{mark}-{len(kept) - 1}-"

    text = template
    for _ in range(MOST_PASSES):
        before = _RAW.sub(keep, text)
        text = session.render(before)
        if text == before:
            break
    else:
        raise ExpressionError("Too many rendering attempts")
    for placeholder, raw_text in kept.items():
        session.budget.text(len(text) + len(raw_text))
        text = text.replace(placeholder, raw_text)
    return text
