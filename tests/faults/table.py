"""The table of rows: what was played, how often, and what came of it; printed, and kept in the guide."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HEADING = "## Results"
_HEAD = "| row | what must hold | played | held | when | on |\n|---|---|---|---|---|---|\n"
_LINE = re.compile(r"^\| (?P<row>[A-Z]\d+) \| (?P<rest>.*)$")


@dataclass
class Line:
    """One row of the plan in this run; a row may have several tests, and each is played several times."""

    row: str
    sentence: str
    played: int = 0
    held: int = 0

    def text(self, on: str) -> str:
        when = datetime.now(UTC).strftime("%Y-%m-%d")
        return f"| {self.row} | {self.sentence} | {self.played} | {self.held} | {when} | {on} |"


class Table:
    """Gathers the results of tests by row and test."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], Line] = {}

    def note(self, row: str, test: str, held: bool) -> None:
        sentence = test.partition("[")[0].removeprefix("test_").replace("_", " ")
        line = self._lines.setdefault((row, sentence), Line(row, sentence))
        line.played += 1
        line.held += held

    @property
    def lines(self) -> list[Line]:
        return sorted(self._lines.values(), key=lambda line: _order(line.row))

    def write(self, path: Path, on: str) -> None:
        """Puts the results into the guide, or a new file: lines of rows that were not played stay as they are."""
        before, _, old = (path.read_text() if path.exists() else "").partition(f"{HEADING}\n")
        introduction, kept = _parted(old)
        mine = {(line.row, line.sentence, on) for line in self.lines}
        lines = [text for text in kept if _key(text) not in mine] + [line.text(on) for line in self.lines]
        lines.sort(key=lambda text: _order(text[2:].partition(" ")[0]))
        path.write_text(f"{before}{HEADING}\n{introduction}{_HEAD}" + "".join(f"{text}\n" for text in lines))


def _parted(old: str) -> tuple[str, list[str]]:
    """What stands before the table, and the table's lines."""
    introduction = old.partition("| row |")[0]
    return introduction or "\n", [text for text in old.splitlines() if _LINE.match(text)]


def _key(text: str) -> tuple[str, str, str]:
    cells = [cell.strip() for cell in text.strip("|").split("|")]
    return cells[0], cells[1], cells[-1]


def _order(row: str) -> tuple[str, int]:
    return row[0], int(row[1:])
