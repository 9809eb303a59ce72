"""Where one text means two things: the flow's label decides, else the server, else the newest release."""

import pytest

from builder.flows.check import check
from builder.flows.dialects.compat import NEWEST, Compat, compat_of, read_compat
from builder.flows.inputs import resolve
from builder.flows.read import read_inputs
from builder.tasks.catalogue import catalogue

FLOW = "id: a\nnamespace: b\nlabels: {%s}\ntasks:\n  - {id: l, type: io.kestra.plugin.core.log.Log, message: hi}\n"


@pytest.mark.parametrize(
    ("written", "release"),
    [("0.21", (0, 21)), ("1.3", (1, 3)), ("2.0", (2, 0)), ("2", (2, 0)), ("1.x", (1, 99)), ("0.21.3", (0, 21))],
)
def test_a_release_is_read_as_people_write_it(written: str, release: tuple[int, int]) -> None:
    assert read_compat(written).release == release


def test_the_newest_release_is_named_by_a_word_and_nonsense_is_none() -> None:
    assert read_compat("Newest") == NEWEST and str(NEWEST) == "newest"
    with pytest.raises(ValueError, match="no release"):
        read_compat("old")


def test_the_label_of_the_flow_wins_over_the_server() -> None:
    old = Compat((0, 21))
    assert compat_of([("team", "x")], old) == old
    assert compat_of([("compat", "2.0")], old) == Compat((2, 0))
    assert compat_of([("compat", "nonsense")], old) == old


def test_each_point_changed_in_its_release() -> None:
    old, newer, newest = Compat((0, 21)), Compat((0, 23)), NEWEST
    assert [each.kv_missing_is_null for each in (old, newer, newest)] == [True, False, False]
    assert [each.defaults_stay_raw for each in (old, newer, newest)] == [True, True, False]
    assert [each.batches_count_from_one for each in (old, newer, newest)] == [True, True, False]
    assert [each.flow_triggers_hear_pauses for each in (old, newer, newest)] == [False, True, True]
    assert [each.unreadable_trigger_inputs_fail_an_execution for each in (old, newer, newest)] == [False, False, True]
    assert [each.warning_lines_make_a_warning for each in (old, newer, newest)] == [True, False, False]
    assert [each.delete_is_recursive for each in (old, newer, newest)] == [True, True, False]


def test_a_checked_flow_says_what_holds_for_it() -> None:
    assert check(FLOW % "team: x", catalogue()).valid_flow.compat == NEWEST
    assert check(FLOW % "compat: 0.21", catalogue()).valid_flow.compat == Compat((0, 21))
    assert check(FLOW % "team: x", catalogue(), compat=Compat((1, 3))).valid_flow.compat == Compat((1, 3))


def test_a_label_that_names_no_release_is_warned_of() -> None:
    result = check(FLOW % "compat: soon", catalogue())
    assert result.flow is not None
    assert [(each.line, each.message) for each in result.problems] == [
        (3, 'the label compat has no effect: "soon" is no release')
    ]


def test_a_default_stays_raw_where_an_old_release_holds() -> None:
    declared = read_inputs([{"id": "x", "type": "STRING", "defaults": "{{ 1 + 1 }}"}])
    assert resolve(declared, {}, render=lambda text, more: 2).values == {"x": "2"}
    assert resolve(declared, {}, render=lambda text, more: 2, compat=Compat((0, 21))).values == {"x": "{{ 1 + 1 }}"}
