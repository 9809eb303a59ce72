"""Dates: Java's patterns, Kestra's named formats, what can be read, and moving by units."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from builder.expressions import ExpressionError, render

PARIS = datetime(2013, 9, 8, 17, 19, 12, 123456, ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize(
    ("format_", "result"),
    [
        ("iso", "2013-09-08T17:19:12.123456+02:00"),
        ("iso_sec", "2013-09-08T17:19:12+02:00"),
        ("sql", "2013-09-08 17:19:12.123456"),
        ("sql_seq", "2013-09-08 17:19:12"),
        ("iso_date_time", "2013-09-08T17:19:12.123456+02:00[Europe/Paris]"),
        ("iso_date", "2013-09-08+02:00"),
        ("iso_time", "17:19:12.123456+02:00"),
        ("iso_local_date", "2013-09-08"),
        ("iso_instant", "2013-09-08T15:19:12.123456Z"),
        ("iso_ordinal_date", "2013-251+02:00"),
        ("iso_week_date", "2013-W36-7+02:00"),
        ("rfc_1123_date_time", "Sun, 8 Sep 2013 17:19:12 +0200"),
        ("medium", "Sep 8, 2013, 5:19:12 PM"),
        ("short", "9/8/13, 5:19 PM"),
        ("EEEE d MMMM yy, h:mm a", "Sunday 8 September 13, 5:19 PM"),
        ("yyyy-MM-dd'T'HH 'o''clock' Q DDD", "2013-09-08T17 o'clock 3 251"),
        ("XXX X xx Z ZZZZZ O VV SSS", "+02:00 +02 +0200 +0200 +02:00 GMT+2 Europe/Paris 123"),
    ],
)
def test_a_date_is_written(format_, result):
    assert render("{{ d | date(f, timeZone='Europe/Paris') }}", {"d": PARIS, "f": format_}) == result


@pytest.mark.parametrize(
    ("value", "existing", "result"),
    [
        ("2013-09-08T17:19:12+02:00", None, "2013-09-08T15:19:12Z"),
        ("2013-09-08T17:19:12.5+02:00[Europe/Paris]", None, "2013-09-08T15:19:12Z"),
        ("2013-09-08T17:19", None, "2013-09-08T17:19:00Z"),
        ("2013-09-08", None, "2013-09-08T00:00:00Z"),
        (date(2013, 9, 8), None, "2013-09-08T12:00:00Z"),
        (1378653552, None, "2013-09-08T15:19:12Z"),
        ("08/09/2013 05:19 PM", "dd/MM/yyyy hh:mm a", "2013-09-08T17:19:00Z"),
        ("Sun, 8 Sep 2013 17:19:12 +0200", "EEE, d MMM yyyy HH:mm:ss Z", "2013-09-08T15:19:12Z"),
        ("2013.251", "yyyy.DDD", "2013-09-08T00:00:00Z"),
    ],
)
def test_a_date_is_read(value, existing, result):
    assert render("{{ v | date('iso_sec', existingFormat=e) }}", {"v": value, "e": existing}) == result


@pytest.mark.parametrize(
    ("amount", "unit", "result"),
    [
        (1, "MONTHS", "2024-02-29T12:00:00Z"),
        (-1, "years", "2023-01-31T12:00:00Z"),
        (36, "HOURS", "2024-02-02T00:00:00Z"),
        (2, "WEEKS", "2024-02-14T12:00:00Z"),
        (90, "SECONDS", "2024-01-31T12:01:30Z"),
    ],
)
def test_a_date_is_moved(amount, unit, result):
    variables = {"a": amount, "u": unit}
    assert render("{{ '2024-01-31T12:00:00Z' | dateAdd(a, u, 'iso_sec') }}", variables) == result


def test_a_day_keeps_the_clock_of_its_zone_when_summer_time_begins():
    template = "{{ '2025-03-29T12:00:00[Europe/Paris]' | dateAdd(1, unit, 'iso_sec', timeZone='Europe/Paris') }}"
    assert render(template, {"unit": "DAYS"}) == "2025-03-30T12:00:00+02:00"
    assert render(template.replace("(1", "(24"), {"unit": "HOURS"}) == "2025-03-30T13:00:00+02:00"


def test_values_print_as_in_java():
    variables = {
        "zoned": datetime(2013, 9, 8, 16, 19, tzinfo=ZoneInfo("Europe/Paris")),
        "instant": datetime(2013, 9, 8, 16, 19, tzinfo=UTC),
        "local": datetime(2013, 9, 8, 16, 19, 1),
        "span": timedelta(hours=25, seconds=1.5),
    }
    template = "{{ zoned }} {{ instant }} {{ local }} {{ span }}"
    assert render(template, variables) == "2013-09-08T16:19+02:00 2013-09-08T16:19:00Z 2013-09-08T16:19:01 PT25H1.5S"
    assert render("{{ [zoned] }}", variables) == '["2013-09-08T16:19:00+02:00"]'


@pytest.mark.parametrize("use", [
    "'x' | date", "'2024-13-01' | date", "'2024-01-01' | date('jj')", "'2024-01-01' | date(timeZone='Mars/Base')",
    "'2024-01-01' | dateAdd(1, 'PARSECS')", "'2024-01-01' | dateAdd(999999999999, 'YEARS')", "[1] | date",
    "99999999999999 | date", "'2024-01-01' | date('MMMM', locale='zz')", "'0001-01-01T00:00:00+10:00' | date",
    "'a' | date(existingFormat='yyyy')", "'2024-01-01' | date(timeZone='../../etc/passwd')",
])  # fmt: skip
def test_a_wrong_date_is_an_error_of_the_expression(use):
    with pytest.raises(ExpressionError):
        render("{{ " + use + " }}", {})
