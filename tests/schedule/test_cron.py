"""A schedule fires when people expect it to, across clock changes too."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from builder.errors import InvalidInput
from builder.schedule import check_cron, check_zone, parse_cron

CASES = Path(__file__).parents[3] / "shared" / "corpus" / "cron_cases.yaml"


def shared_cases() -> list[Any]:
    if not CASES.exists():
        return []
    return [pytest.param(case, id=case["id"]) for case in yaml.safe_load(CASES.read_text())["cases"]]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not here")
@pytest.mark.parametrize("case", shared_cases() or [None])
def test_it_answers_the_shared_cases(case: dict[str, Any]) -> None:
    with_seconds = bool(case.get("with_seconds")) or len(case["cron"].split()) == 6
    try:
        cron = parse_cron(case["cron"], with_seconds=with_seconds, timezone=case["timezone"])
        answer: Any = [f"{i:%Y-%m-%dT%H:%M:%SZ}" for i in islice(cron.after(at(case["from"])), 3)]
    except InvalidInput:
        answer = "error"
    assert answer in (case["want"], case.get("if_accepted", case["want"]))


def test_it_names_the_field_that_is_wrong() -> None:
    assert check_cron("61 * * * *") == "invalid cron expression '61 * * * *': minute 61 is out of range 0-59"


def test_it_refuses_a_day_that_never_comes() -> None:
    assert "never comes" in (check_cron("0 0 30 2 *") or "")


def test_it_says_how_to_get_a_seconds_field() -> None:
    assert "withSeconds" in (check_cron("0 0 9 * * *") or "")


def test_a_name_with_an_l_or_w_in_it_is_a_name() -> None:
    assert check_cron("0 0 * JUL WED") is None


def test_a_daily_job_with_seconds_runs_every_day_across_both_clock_changes() -> None:
    cron = parse_cron("15 30 2 * * *", with_seconds=True, timezone="Europe/Paris")
    for start in ("2027-03-26T12:00:00+00:00", "2027-10-29T12:00:00+00:00"):
        days = [i.astimezone(cron.zone).date() for i in islice(cron.after(at(start)), 5)]
        assert [(later - earlier).days for earlier, later in pairwise(days)] == [1, 1, 1, 1]


def test_backwards_it_finds_the_same_instants() -> None:
    cron = parse_cron("*/7 3 * * *", timezone="America/New_York")
    forward = list(islice(cron.after(datetime(2027, 3, 10, tzinfo=UTC)), 50))
    assert list(islice(cron.before(forward[-1]), 49)) == forward[-2::-1]


def test_it_says_itself_in_words() -> None:
    assert parse_cron("30 8 * * 1-5").in_words().startswith("At 08:30")


@pytest.mark.parametrize(("cron", "words"), [
    ("*/15 * * * *", "Every 15 minutes"),
    ("*/5 9-17 * * 1-5", "Every 5 minutes from 09:00 through 17:59 on Monday through Friday"),
    ("*/7 * * * *", "Every seventh minute of every hour"),
    ("0 */2 * * *", "Every 2 hours"),
    ("0 */5 * * *", "At minute 0 past every fifth hour"),
    ("*/10 * * * * *", "Every 10 seconds"),
    ("0 */20 * * * *", "Every 20 minutes"),
])  # fmt: skip
def test_even_steps_are_told_as_people_say_them(cron: str, words: str) -> None:
    assert parse_cron(cron, with_seconds=len(cron.split()) == 6).in_words() == words


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"])
@pytest.mark.parametrize("cron", ["45 1 * * *", "15 2 * * *", "30 23 * * *", "0,30 1-2 * * *", "*/15 * * * *"])
def test_wherever_one_begins_to_look_the_times_around_a_change_of_the_clocks_are_the_same(zone: str, cron: str) -> None:
    """A scheduler that comes late, in an hour that is told twice, must find what was due in the first."""
    times, half = parse_cron(cron, timezone=zone), timedelta(minutes=30)
    hours = [datetime(2027, 1, 1, tzinfo=UTC) + number * half for number in range(365 * 48)]
    offsets = [at.astimezone(ZoneInfo(zone)).utcoffset() for at in hours]
    for change in (at for at, before, after in zip(hours[1:], offsets, offsets[1:], strict=False) if before != after):
        all_of_them = list(takewhile(lambda at: at < change + 60 * half, times.after(change - 60 * half)))  # noqa: B023
        for number in range(-6, 12):
            begin = change + number * timedelta(minutes=10) + timedelta(seconds=7)
            assert next(times.after(begin)) == min(at for at in all_of_them if at > begin)
            assert next(times.before(begin)) == max(at for at in all_of_them if at < begin)


@pytest.mark.parametrize(("cron", "zone", "start", "wanted"), [
    # the clocks go back by half an hour: 05:00 and 05:15 are times like any other
    ("*/15 5 * * *", "Australia/Lord_Howe", "2027-04-03T12:00:00Z", "18:30 18:45 19:00 19:15"),
    ("22 */5 * * *", "Australia/Lord_Howe", "2027-04-03T12:00:00Z", "13:22 18:52 23:52 04:52"),
    # they go forward at midnight, and the day before is none of the days meant: its first hour is 01
    ("*/15 1 * * FRI", "Africa/Cairo", "2027-04-29T12:00:00Z", "22:00 22:15 22:30 22:45"),
    ("0 */2 * * FRI", "Africa/Cairo", "2027-04-29T12:00:00Z", "23:00 01:00 03:00 05:00"),
    # they go back to the day before, and its last hour comes twice
    ("*/30 23 * * THU", "Africa/Cairo", "2027-10-28T12:00:00Z", "20:00 20:30 21:00 21:30"),
    # a whole day that never was
    ("0 */12 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", "22:00 10:00 22:00 10:00"),
])  # fmt: skip
def test_what_goes_on_in_real_time_misses_nothing_where_the_clocks_change(
    cron: str, zone: str, start: str, wanted: str
) -> None:
    times = parse_cron(cron, timezone=zone)
    forward = list(islice(times.after(at(start)), 4))
    assert " ".join(f"{i:%H:%M}" for i in forward) == wanted
    assert list(islice(times.before(forward[-1]), 3)) == forward[-2::-1]


@pytest.mark.parametrize(("written", "meant"), [
    ("38-38/5 1 * * *", "38 1 * * *"), ("0 0 * * 1,mon-mon/2", "0 0 * * 1,MON"), ("0 00-0/2 * * *", "0 0 * * *"),
])  # fmt: skip
def test_a_range_of_one_with_steps_is_that_one_alone(written: str, meant: str) -> None:
    assert parse_cron(written).fields == meant


@pytest.mark.parametrize("name", ["localtime", "Factory", "europe/paris", "UTC+1", ""])
def test_a_zone_is_the_same_on_every_machine(name: str) -> None:
    assert f"no time zone '{name}'" in (check_zone(name) or "")
