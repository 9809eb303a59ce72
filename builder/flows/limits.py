"""How large and how deep a flow's text may be; each limit names the setting that moves it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`bytes_` of UTF-8 text; `depth` of nesting (keep it below 300: walks recurse); `values` once aliases and merge
    keys are expanded; `digits` of one whole number; `problems` listed for one text."""

    bytes_: int = 1_000_000
    depth: int = 200
    values: int = 100_000
    digits: int = 300
    problems: int = 200


FLOW_BYTES = "MILLSTREAM_FLOW_BYTES"
FLOW_DEPTH = "MILLSTREAM_FLOW_DEPTH"
FLOW_VALUES = "MILLSTREAM_FLOW_VALUES"
FLOW_DIGITS = "MILLSTREAM_FLOW_DIGITS"

DEFAULT = Limits()
