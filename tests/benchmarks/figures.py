"""Figures: a name, what was measured, what was aimed at; and how they are printed."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report. `aim` None: a floor or an explanation, nothing is promised."""

    name: str
    value: float
    unit: str
    aim: float | None = None
    p95: float | None = None
    more_is_better: bool = False
    remark: str = ""

    @property
    def verdict(self) -> str:
        if self.aim is None:
            return ""
        met = self.value >= self.aim if self.more_is_better else self.value <= self.aim
        return "met" if met else "MISSED"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def timed(name: str, seconds: Sequence[float], aim: float | None = None, remark: str = "") -> Figure:
    """Many measurements in seconds as one figure in milliseconds: the middle one, and the slow end."""
    return Figure(
        name, percentile(seconds, 0.5) * 1000, "ms", aim, percentile(seconds, 0.95) * 1000,
        remark=remark or f"{len(seconds)} runs, best {min(seconds) * 1000:.1f}",
    )  # fmt: skip


def table(title: str, figures: Sequence[Figure]) -> str:
    """Lines for a terminal."""
    lines = [f"\n{title}", f"  {'':44}{'measured':>12}{'p95':>10}{'aim':>10}"]
    for figure in figures:
        p95 = "" if figure.p95 is None else _number(figure.p95)
        aim = "" if figure.aim is None else _number(figure.aim)
        lines.append(
            f"  {figure.name:44}{_number(figure.value):>12}{p95:>10}{aim:>10} {figure.unit:6} {figure.verdict:7}"
            f"{figure.remark}".rstrip()
        )
    return "\n".join(lines)


def as_json(parts: dict[str, list[Figure]]) -> str:
    shown = {name: [{**asdict(figure), "verdict": figure.verdict} for figure in found] for name, found in parts.items()}
    return json.dumps(shown, indent=2)


def _number(value: float) -> str:
    return f"{value:,.3f}" if value < 1 else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"
