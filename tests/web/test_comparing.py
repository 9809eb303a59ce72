"""Two texts beside each other: the differences, a few lines around them, and what is left out counted."""

from builder.web.parts.comparing import AROUND, compared

OLD = [f"line {number}" for number in range(30)]


def test_equal_texts_have_no_rows() -> None:
    assert compared("a\nb", "a\nb") == ()


def test_a_change_stands_among_its_neighbours_with_the_numbers_of_both() -> None:
    new = [*OLD[:15], "first", "second", *OLD[16:]]
    rows = compared("\n".join(OLD), "\n".join(new))
    assert [(row.left, row.right) for row in rows if row.kind == "changed"] == [("line 15", "first"), (None, "second")]
    assert [row.kind for row in rows] == ["gap", *["same"] * AROUND, "changed", "changed", *["same"] * AROUND, "gap"]
    assert [row.count for row in rows if row.kind == "gap"] == [15 - AROUND, 14 - AROUND]
    after = rows[AROUND + 3]
    assert (after.left, after.left_line, after.right_line) == ("line 16", 17, 18)


def test_one_line_is_not_worth_a_gap() -> None:
    rows = compared("\n".join(OLD[: AROUND + 2]), "\n".join([*OLD[: AROUND + 1], "other"]))
    assert [row.kind for row in rows] == [*["same"] * (AROUND + 1), "changed"]
