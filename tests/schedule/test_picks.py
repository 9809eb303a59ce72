"""Choices become cron expressions, and cron expressions are found among the choices."""

import pytest

from builder.schedule.cron import check_cron
from builder.schedule.picks import HOUR_STEPS, MINUTE_STEPS, Every, Pick, chosen, picked, written


@pytest.mark.parametrize(("cron", "every"), [
    ("*/15 * * * *", Every.MINUTES), ("* * * * *", Every.MINUTES), ("@hourly", Every.HOURS),
    ("30 */6 * * *", Every.HOURS), ("0 9 * * *", Every.DAY), ("@daily", Every.DAY), ("0 9 * * MON-FRI", Every.WEEK),
    ("@weekly", Every.WEEK), ("0 9 * * 7", Every.WEEK), ("15 7 31 * *", Every.MONTH), ("@monthly", Every.MONTH),
    ("*/7 * * * *", Every.TEXT), ("0 9-17 * * *", Every.TEXT), ("@yearly", Every.TEXT), ("0 9 1 * 1", Every.TEXT),
    ("{{ vars.cron }}", Every.TEXT), ("", Every.TEXT), ("99 9 * * *", Every.TEXT), ("0 0 9 * * *", Every.TEXT),
])  # fmt: skip
def test_a_cron_expression_is_found_among_the_choices(cron: str, every: Every) -> None:
    assert picked(cron).every is every


@pytest.mark.parametrize("pick", [
    *(Pick(Every.MINUTES, step=step) for step in MINUTE_STEPS),
    *(Pick(Every.HOURS, step=step, minute=20) for step in HOUR_STEPS),
    Pick(Every.DAY, minute=5, hour=23), Pick(Every.WEEK, weekdays=(0,)), Pick(Every.WEEK, weekdays=(0, 6)),
    Pick(Every.WEEK, weekdays=(1, 2, 3, 4, 5)), Pick(Every.WEEK, weekdays=(1, 3, 5)), Pick(Every.MONTH, day=31),
])  # fmt: skip
def test_a_choice_comes_back_from_what_it_writes(pick: Pick) -> None:
    text = written(pick)
    assert check_cron(text) is None
    assert picked(text) == pick


def test_another_choice_keeps_the_time_of_day() -> None:
    weekly = chosen({"every": "week"}, "30 8 * * *")
    assert weekly == "30 8 * * 1-5"
    assert chosen({"every": "month", "day": "31"}, weekly) == "30 8 31 * *"
    assert chosen({"every": "week", "weekdays": ["1", "3"], "time": "07:05"}, weekly) == "5 7 * * 1,3"
    assert chosen({"every": "minutes"}, weekly) == "*/15 * * * *"
    assert chosen({"every": "text"}, weekly) == weekly


@pytest.mark.parametrize("given", [
    {"every": "never"}, {"every": "day", "time": "25:00"}, {"every": "day", "time": "noon"},
    {"every": "month", "day": "32"}, {"every": "week", "weekdays": ["9"]},
])  # fmt: skip
def test_what_is_no_choice_is_refused(given: dict[str, str | list[str]]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        chosen(given, "0 9 * * *")
