"""Values as people see them, and the complaint that a value does not fit."""

import json
import re
from typing import Any

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_SHOWN = 200


class BadValue(ValueError):
    """A value does not fit its type; the message is the middle of Kestra's sentence."""


def received(value: Any) -> str:
    """A value as an error message repeats it: short, and null for nothing."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = UNSTORABLE.sub("\ufffd", text)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def as_text(value: Any) -> str:
    """A scalar as text, truths as JSON writes them; maps and lists as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
