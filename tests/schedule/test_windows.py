"""Windows of time: which span an instant belongs to, also on the days when the clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from builder.errors import InvalidInput
from builder.schedule.windows import Daily, Every, Lookback, read_time

PARIS = ZoneInfo("Europe/Paris")
NONE = timedelta(0)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("length", "offset", "instant", "start", "end"), [
    ("P1", NONE, "2027-01-15T12:00", "2027-01-14T23:00", "2027-01-15T23:00"),
    ("P1", timedelta(hours=6), "2027-01-15T04:59", "2027-01-14T05:00", "2027-01-15T05:00"),
    ("P1", timedelta(hours=6), "2027-01-15T05:00", "2027-01-15T05:00", "2027-01-16T05:00"),
    ("P1", NONE, "2027-03-28T12:00", "2027-03-27T23:00", "2027-03-28T22:00"),
    ("P1", NONE, "2027-10-31T12:00", "2027-10-30T22:00", "2027-10-31T23:00"),
    ("P7", NONE, "2027-01-17T12:00", "2027-01-10T23:00", "2027-01-17T23:00"),
])  # fmt: skip
def test_whole_days_begin_at_midnight_there(length: str, offset: timedelta, instant: str, start: str, end: str) -> None:
    span = Every(timedelta(days=int(length[1:])), offset, PARIS).around(at(instant))
    assert (span.start, span.end) == (at(start), at(end))


def test_shorter_ones_are_counted_from_midnight_and_end_with_the_day() -> None:
    span = Every(timedelta(hours=7), NONE, PARIS).around(at("2027-01-15T22:30"))
    assert (span.start, span.end) == (at("2027-01-15T20:00"), at("2027-01-15T23:00"))
    quarter = Every(timedelta(minutes=15), NONE, PARIS).around(at("2027-01-15T22:30"))
    assert quarter.end - quarter.start == timedelta(minutes=15)


def test_every_instant_of_a_year_is_in_exactly_one_span() -> None:
    for length in (timedelta(hours=1), timedelta(hours=5), timedelta(days=1), timedelta(days=2), timedelta(hours=36)):
        window = Every(length, timedelta(minutes=20), PARIS)
        for hour in range(0, 24 * 365, 5):
            instant = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
            span = window.around(instant)
            assert span.end >= instant >= span.start - timedelta(hours=1), (length, instant)


def test_a_daily_window_has_a_beginning_and_an_end() -> None:
    window = Daily(time(6), time(9), PARIS)
    span = window.around(at("2027-01-15T05:00"))
    assert span is not None and (span.start, span.end) == (at("2027-01-15T05:00"), at("2027-01-15T08:00"))
    assert window.around(at("2027-01-15T08:00")) is None
    assert window.around(at("2027-01-15T04:59")) is None


def test_a_daily_window_may_go_over_midnight() -> None:
    span = Daily(time(22), time(2), PARIS).around(at("2027-01-15T00:30"))
    assert span is not None and (span.start, span.end) == (at("2027-01-14T21:00"), at("2027-01-15T01:00"))


def test_a_time_may_bring_its_own_offset() -> None:
    span = Daily(read_time("00:00:00+05:00"), read_time("09:00:00+05:00"), PARIS).around(at("2027-01-15T03:00"))
    assert span is not None and span.end == at("2027-01-15T04:00")
    with pytest.raises(InvalidInput, match="no time of the day"):
        read_time("soon")


def test_a_sliding_window_looks_back_from_each_instant() -> None:
    span = Lookback(timedelta(hours=1)).around(at("2027-01-15T12:00"))
    assert span.since == at("2027-01-15T11:00")
    assert span.start == Lookback(timedelta(hours=1)).around(at("2027-01-15T15:00")).start


def test_the_next_end_of_a_window() -> None:
    window = Daily(time(6), time(9), PARIS)
    for instant, end in (("15T04:00", "15T08:00"), ("15T07:59", "15T08:00"), ("15T08:00", "16T08:00")):
        assert window.ending_after(at(f"2027-01-{instant}")).end == at(f"2027-01-{end}")
    assert Lookback(timedelta(hours=1)).ending_after(at("2027-01-15T12:00")) is None
