"""The next runs are told in the schedule's zone, with the clock's changes."""

from datetime import UTC, datetime

from builder.schedule import parse_cron
from builder.schedule.coming import coming


def test_the_clocks_change_is_marked_at_the_first_run_after_it() -> None:
    times = parse_cron("0 9 * * *", timezone="Europe/Paris")
    runs = coming(times, datetime(2026, 3, 27, 12, tzinfo=UTC), 4)
    assert [f"{one.moment:%d %H:%M %Z}" for one in runs] == [
        "28 09:00 CET",
        "29 09:00 CEST",
        "30 09:00 CEST",
        "31 09:00 CEST",
    ]
    assert [one.change for one in runs] == ["", "the clocks go forward by 1 h before it", "", ""]


def test_clocks_also_go_back_and_by_half_an_hour() -> None:
    times = parse_cron("0 9 * * *", timezone="Australia/Lord_Howe")
    (first,) = coming(times, datetime(2026, 4, 4, 0, tzinfo=UTC), 1)
    assert first.change == "the clocks go back by 30 min before it"


def test_a_time_that_the_clocks_move_is_marked_however_long_ago_the_one_before_it_was() -> None:
    runs = coming(parse_cron("30 2 26-31 3 *", timezone="Europe/Paris"), datetime(2027, 3, 30, tzinfo=UTC), 3)
    assert [f"{one.moment:%Y-%m-%d %H:%M %Z} {one.change}".strip() for one in runs] == [
        "2027-03-30 02:30 CEST",
        "2027-03-31 02:30 CEST",
        "2028-03-26 03:00 CEST the clocks go forward by 1 h before it",
    ]
    yearly = coming(parse_cron("30 2 29-31 3 *", timezone="Europe/Paris"), datetime(2026, 3, 1, tzinfo=UTC), 2)
    assert [bool(one.change) for one in yearly] == [True, False]


def test_a_time_that_comes_twice_is_marked_at_each_once() -> None:
    times = parse_cron("*/30 1-3 25 10 *", timezone="Europe/Paris")
    runs = coming(times, datetime(2026, 10, 24, 12, tzinfo=UTC), 7)
    assert [f"{one.moment:%H:%M %Z} {one.change}".strip() for one in runs] == [
        "01:00 CEST",
        "01:30 CEST",
        "02:00 CEST this time comes twice: the clocks go back by 1 h after it",
        "02:30 CEST",
        "02:00 CET the clocks go back by 1 h before it",
        "02:30 CET",
        "03:00 CET",
    ]


def test_a_zone_without_changes_has_none() -> None:
    runs = coming(parse_cron("0 0 1 * *"), datetime(2026, 1, 1, tzinfo=UTC), 10)
    assert len(runs) == 10 and not any(one.change for one in runs)
