"""ISO-8601 durations, read and written."""

from datetime import timedelta

import pytest

from builder.flows.durations import BadDuration, format_duration, parse_duration


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("PT5S", 5),
        ("PT0.25s", 0.25),
        ("pt5m", 300),
        ("P1DT2H3M4.5S", 93784.5),
        ("P2W", 1209600),
        ("PT36H", 129600),
        ("P1Y", 31536000),
    ],
)
def test_a_duration_is_read(text: str, seconds: float):
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "5s", "PT5", "PT1M1H", "PTxS", "1", "P1S"])
def test_what_is_no_duration_is_refused_with_an_example(text: str):
    with pytest.raises(BadDuration, match="PT5M"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["-PT5S", "PT-5S"])
def test_a_negative_duration_is_refused_unless_allowed(text: str):
    with pytest.raises(BadDuration, match="must be positive"):
        parse_duration(text)
    assert parse_duration(text, negative=True) == timedelta(seconds=-5)


@pytest.mark.parametrize("text", ["P999999999D", "PT999999999999999999H"])
def test_a_huge_duration_is_refused_with_the_limit(text: str):
    with pytest.raises(BadDuration, match="longer than the limit"):
        parse_duration(text)


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0, "PT0S"),
        (90, "PT1M30S"),
        (3600, "PT1H"),
        (0.25, "PT0.25S"),
        (172800, "PT48H"),
        (-5, "PT-5S"),
    ],
)
def test_a_duration_is_written_as_java_does(seconds: float, text: str):
    assert format_duration(timedelta(seconds=seconds)) == text
