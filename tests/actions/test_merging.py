"""Merging takes both people's edits or none."""

import pytest

from builder.actions.merging import merge

STEPS = "  - id: a\n    message: 1\n  - id: b\n    message: 2\n  - id: c\n    message: 3\n"
BASE = f"id: x\nnamespace: team\ntasks:\n{STEPS}"


@pytest.mark.parametrize(
    ("mine", "theirs", "came"),
    [
        (BASE.replace("1", "10"), BASE.replace("3", "30"), ("tasks.c",)),
        (BASE.replace("1", "10"), BASE.replace("2", "20"), ("tasks.b",)),
        (BASE.replace("  - id: a\n    message: 1\n", ""), BASE.replace("3", "30"), ("tasks.c",)),
        (BASE.replace("1", "10"), BASE + "description: new\n", ("description",)),
        (BASE.replace("1", "10"), BASE.replace("  - id: c\n    message: 3\n", ""), ("tasks.c",)),
        (BASE.replace("1", "10"), BASE.replace("1", "10"), ()),
        (BASE, BASE.replace("1", "10"), ("tasks.a",)),
    ],
)
def test_edits_of_different_things_merge(mine: str, theirs: str, came: tuple[str, ...]):
    merged = merge(BASE, mine, theirs)
    assert merged.text is not None
    assert merged.theirs == came
    assert merge(BASE, theirs, mine).text == merged.text


@pytest.mark.parametrize(
    ("mine", "theirs", "clash"),
    [
        (BASE.replace("1", "10"), BASE.replace("1", "11"), "tasks.a"),
        (BASE.replace("  - id: b\n    message: 2\n", ""), BASE.replace("2", "20"), "tasks.b"),
        (BASE + "description: m\n", BASE + "description: t\n", "description"),
        (BASE, "id: [", "the text, which cannot be read"),
    ],
)
def test_edits_of_the_same_thing_are_named(mine: str, theirs: str, clash: str):
    merged = merge(BASE, mine, theirs)
    assert (merged.text, merged.clashes) == (None, (clash,))
