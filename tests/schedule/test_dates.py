"""Set dates as a schedule."""

from datetime import UTC, datetime

import pytest

from builder.errors import InvalidInput
from builder.schedule import check_date, read_dates


def test_dates_are_sorted_told_once_and_read_in_their_zone() -> None:
    dates = read_dates(["2027-03-01T09:00:00", "2027-01-01T09:00:00Z", "2027-03-01T08:00:00Z[UTC]"], "Europe/Paris")
    first, second = datetime(2027, 1, 1, 9, tzinfo=UTC), datetime(2027, 3, 1, 8, tzinfo=UTC)
    assert dates.moments == (first, second)
    assert list(dates.after(first)) == [second]
    assert list(dates.before(datetime(2028, 1, 1, tzinfo=UTC))) == [second, first]
    assert dates.in_words() == "On 2 set dates"


@pytest.mark.parametrize("text", ["soon", "", "2027-13-01", "9" * 500, "0001-01-01T00:00:00+14:00"])
def test_what_is_no_date_is_refused(text: str) -> None:
    assert "is not a date; write it like 2027-01-15T09:00:00" in (check_date(text) or "")
    with pytest.raises(InvalidInput):
        read_dates([text])


def test_a_zone_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no time zone 'Mars/Olympus'"):
        read_dates(["2027-01-01T09:00:00"], "Mars/Olympus")
