"""`manage.py schedule next`: instants in UTC, one a line; what is wrong is one sentence and exit status 2."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command


def following(*arguments: str) -> list[str]:
    said = StringIO()
    call_command("schedule", "next", *arguments, stdout=said)
    return said.getvalue().splitlines()


def test_it_prints_instants_strictly_after_in_utc() -> None:
    asked = ("*/1 10 * * *", "--timezone", "UTC", "--from", "2027-01-15T10:00:00Z", "--count", "2")
    assert following(*asked) == ["2027-01-15T10:01:00Z", "2027-01-15T10:02:00Z"]
    paris = ("@daily", "--timezone", "Europe/Paris", "--from", "2027-01-15T10:00:00+01:00", "--count", "1")
    assert following(*paris) == ["2027-01-15T23:00:00Z"]


def test_seconds_are_a_field_when_that_is_said() -> None:
    asked = ("*/30 * * * * *", "--from", "2027-01-15T10:00:00Z", "--count", "2", "--with-seconds")
    assert following(*asked) == ["2027-01-15T10:00:30Z", "2027-01-15T10:01:00Z"]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_the_ends_of_the_calendar_break_nothing(zone: str) -> None:
    asked = ("0 0 * * *", "--timezone", zone, "--count", "1")
    assert len(following(*asked, "--from", "0002-01-01T00:00:00Z")) == 1
    assert following(*asked, "--from", "9999-12-31T23:59:59Z") == []


def test_a_moment_without_an_offset_is_in_utc() -> None:
    asked = ("*/1 10 * * *", "--timezone", "America/New_York", "--from", "2027-01-15T15:01:00", "--count", "1")
    assert following(*asked) == ["2027-01-15T15:02:00Z"]


def test_it_ends_where_the_calendar_ends() -> None:
    assert following("0 0 * * *", "--from", "9999-12-30T00:00:00Z", "--count", "3") == ["9999-12-31T00:00:00Z"]


@pytest.mark.parametrize(("arguments", "said"), [
    (("61 * * * *",), "minute 61 is out of range"),
    (("0 0 9 * * *",), "withSeconds"),
    (("0 0 LW * *",), "not supported"),
    (("0 9 * * *", "--timezone", "Mars/Olympus"), "no time zone 'Mars/Olympus'"),
    (("0 9 * * *", "--from", "tomorrow"), "--from cannot be `tomorrow`"),
    (("0 9 * * *", "--from", "0001-01-01T00:00:00Z"), "the calendar begins with the year 0002"),
    (("0 9 * * *", "--count", "0"), "--count cannot be 0"),
    (("0 9 * * *", "--count", "-3"), "--count cannot be -3"),
    (("0 0 9 * * *",), "--with-seconds"),
    (("0 0 1 1 * 2027",), "needs 5; a year, 2027, cannot be said"),
    (("0 0 0 1 1 * 2027", "--with-seconds"), "needs 6; a year, 2027, cannot be said"),
    (("0 9 ? * *",), "day of month . uses `.`, which is not supported; write . instead"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_exit_status_2(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said) as caught:
        following(*arguments)
    assert caught.value.returncode == 2
