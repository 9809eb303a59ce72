"""Which blocks of a large flow are folded: as few as keep the drawing readable, never those around what is chosen."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace

from builder.errors import Path
from builder.flows.graph.tree import Step, Tree, Way, steps_of

MOST_STEPS = 120
"""Blocks are opened from the outside in until so many steps are drawn."""


def folded(
    tree: Tree, chosen: Path = (), opened: Sequence[Path] = (), closed: Sequence[Path] = (), most: int = MOST_STEPS
) -> Mapping[Path, int]:
    """The blocks to fold, with how many steps are inside; what a person opened or closed stays so."""
    by_hand = {path: True for path in opened} | {path: False for path in closed}
    found: dict[Path, int] = {}
    shown = sum(len(way.steps) for way in tree.ways)
    waiting = deque(step for way in tree.ways for step in way.steps if step.ways)
    while waiting:
        block = waiting.popleft()
        inside = [step for way in block.ways for step in way.steps]
        holds_chosen = len(chosen) > len(block.path) and chosen[: len(block.path)] == block.path
        if by_hand.get(block.path, holds_chosen or shown + len(inside) <= most):
            shown += len(inside)
            waiting.extend(step for step in inside if step.ways)
        else:
            found[block.path] = sum(1 for _ in steps_of(block.ways))
    return found


def without(tree: Tree, folds: Mapping[Path, int]) -> Tree:
    """The tree with the insides of these blocks left out."""
    return replace(tree, ways=_ways(tree.ways, folds)) if folds else tree


def _ways(ways: tuple[Way, ...], folds: Mapping[Path, int]) -> tuple[Way, ...]:
    return tuple(replace(way, steps=tuple(_step(step, folds) for step in way.steps)) for way in ways)


def _step(step: Step, folds: Mapping[Path, int]) -> Step:
    return replace(step, ways=() if step.path in folds else _ways(step.ways, folds)) if step.ways else step
