"""Task runs by path, in order of creation: a map whose next version costs what changes, and whose earlier ones stay.

The runs stand in pages; a version copies the list of pages and the pages that it touches. Where a run stands is known
by an index that all versions since the last removal share: it only grows, and a version overlooks what came after it.
So a version may be read in one thread while the next one is made in another.
"""

from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView

from builder.engine.execution import TaskRun
from builder.engine.moving.board import Board, Seen

_BITS = 7
_PAGE = 1 << _BITS
_REST = _PAGE - 1


class _Pages(Mapping[str, TaskRun]):
    __slots__ = ("_index", "_length", "_pages")

    def __init__(self, index: dict[str, int], pages: list[list[TaskRun]], length: int) -> None:
        self._index = index
        self._pages = pages
        self._length = length

    def __getitem__(self, path: str) -> TaskRun:
        place = self._index[path]
        if place >= self._length:
            raise KeyError(path)
        return self._pages[place >> _BITS][place & _REST]

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self._index.get(path, self._length) < self._length

    def __iter__(self) -> Iterator[str]:
        return (run.path for page in self._pages for run in page)

    def __len__(self) -> int:
        return self._length

    def values(self) -> ValuesView[TaskRun]:
        return _Values(self)

    def items(self) -> ItemsView[str, TaskRun]:
        return _Items(self)

    def in_order(self) -> Iterator[TaskRun]:
        """The runs, without a look-up for each."""
        return (run for page in self._pages for run in page)


class _Values(ValuesView[TaskRun]):
    _mapping: _Pages

    def __iter__(self) -> Iterator[TaskRun]:
        return self._mapping.in_order()


class _Items(ItemsView[str, TaskRun]):
    _mapping: _Pages

    def __iter__(self) -> Iterator[tuple[str, TaskRun]]:
        return ((run.path, run) for run in self._mapping.in_order())


class Runs(_Pages):
    """One version, read-only. Carries its board and what was seen along, until the next version takes them over."""

    __slots__ = ("board", "seen")

    def __init__(
        self,
        index: dict[str, int],
        pages: list[list[TaskRun]],
        length: int,
        board: Board | None = None,
        seen: Seen | None = None,
    ) -> None:
        super().__init__(index, pages, length)
        self.board = board
        self.seen = seen

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return len(self) == len(other) and all(
            (there := other.get(run.path)) is run or there == run for run in self.in_order()
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Runs({dict(self)!r})"

    def growing(self) -> "GrowingRuns":
        """The next version. Only for who takes the board over: two versions must not grow from the same one."""
        return GrowingRuns(self._index, list(self._pages), self._length)


class GrowingRuns(_Pages):
    """The version that is being made."""

    __slots__ = ("_own",)

    def __init__(self, index: dict[str, int], pages: list[list[TaskRun]], length: int) -> None:
        super().__init__(index, pages, length)
        self._own: set[int] = set()
        """The pages that belong to this version alone."""

    @classmethod
    def of(cls, runs: Iterable[TaskRun]) -> "GrowingRuns":
        """All anew."""
        found = cls({}, [], 0)
        for run in runs:
            found.put(run)
        return found

    def put(self, run: TaskRun) -> None:
        """A run, new or in place of the one at its path."""
        place = self._index.get(run.path, self._length)
        number = place >> _BITS
        if place >= self._length:
            self._append(number, run)
            return
        if number not in self._own:
            self._pages[number] = self._pages[number].copy()
            self._own.add(number)
        self._pages[number][place & _REST] = run

    def _append(self, number: int, run: TaskRun) -> None:
        if number == len(self._pages):
            self._pages.append([])
            self._own.add(number)
        elif number not in self._own:
            self._pages[number] = self._pages[number].copy()
            self._own.add(number)
        self._pages[number].append(run)
        self._index[run.path] = self._length
        self._length += 1

    def without(self, paths: Iterable[str]) -> "GrowingRuns":
        """Itself with some runs gone, all anew."""
        gone = frozenset(paths)
        return GrowingRuns.of(run for run in self.in_order() if run.path not in gone)

    def finished(self, board: Board, seen: Seen) -> Runs:
        """It, to be read from now on."""
        return Runs(self._index, self._pages, self._length, board, seen)


def taken_over(runs: Mapping[str, TaskRun]) -> tuple[GrowingRuns, Board, Seen]:
    """The next version of the runs to work on, with the board of the newest version or all of it anew.

    Only the newest version has a board to give, so that no two grow from the same one.
    """
    if not isinstance(runs, Runs) or runs.board is None:
        return GrowingRuns.of(runs.values()), Board(runs.values()), Seen(runs)
    board, seen = runs.board, runs.seen
    runs.board = runs.seen = None
    return runs.growing(), board, seen or Seen(runs)
