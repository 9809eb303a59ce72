"""Times as pages tell them."""

from datetime import UTC, datetime

from builder.web.parts.tags import own_time

YEAR = datetime.now(UTC).year


def test_the_year_is_told_of_every_other_one() -> None:
    assert own_time(datetime(YEAR + 2, 2, 28, 9, tzinfo=UTC)).endswith(f"28 Feb {YEAR + 2} 09:00 UTC")
    assert own_time(datetime(YEAR - 1, 2, 28, 9, tzinfo=UTC)).endswith(f"28 Feb {YEAR - 1} 09:00 UTC")
    assert own_time(datetime(YEAR, 6, 28, 9, tzinfo=UTC)).endswith("28 Jun 09:00 UTC")


def test_seconds_are_told_of_times_that_were_set_with_them() -> None:
    at = datetime(YEAR, 6, 28, 9, 0, 30, tzinfo=UTC)
    assert own_time(at, "Europe/Paris").endswith("28 Jun 11:00:30 CEST")
    assert own_time(at.replace(microsecond=81_207)).endswith("28 Jun 09:00 UTC")
