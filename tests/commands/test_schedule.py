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


def test_it_ends_where_the_calendar_ends() -> None:
    assert following("0 0 * * *", "--from", "9999-12-30T00:00:00Z", "--count", "3") == ["9999-12-31T00:00:00Z"]


@pytest.mark.parametrize(("arguments", "said"), [
    (("61 * * * *",), "minute 61 is out of range"),
    (("0 0 9 * * *",), "withSeconds"),
    (("0 0 LW * *",), "not supported"),
    (("0 9 * * *", "--timezone", "Mars/Olympus"), "no time zone 'Mars/Olympus'"),
    (("0 9 * * *", "--from", "tomorrow"), "--from cannot be `tomorrow`"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_exit_status_2(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said) as caught:
        following(*arguments)
    assert caught.value.returncode == 2
