"""Names of months and days, and the ready-made styles, in the languages of the Unicode locale data."""

from dataclasses import dataclass
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from builder.expressions.faults import ExpressionError

Widths = dict[str, tuple[str, ...]]
"""Names by width: wide, abbreviated, narrow."""
_LONGEST = 40
_WIDTHS = ("wide", "abbreviated", "narrow")


@dataclass(frozen=True, slots=True)
class Names:
    """Of one language; months from January, days from Monday. `styles` are patterns for full, long, medium, short."""

    months: Widths
    days: Widths
    halves: tuple[str, str]
    styles: dict[str, str]


def _widths(words: tuple[str, ...], short: int) -> Widths:
    return {"wide": words, "abbreviated": tuple(word[:short] for word in words), "narrow": tuple(w[0] for w in words)}


ENGLISH = Names(
    _widths(("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
             "November", "December"), 3),
    _widths(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), 3),
    ("AM", "PM"),
    {
        "full": "EEEE, MMMM d, yyyy 'at' h:mm:ss a zzzz",
        "long": "MMMM d, yyyy 'at' h:mm:ss a z",
        "medium": "MMM d, yyyy, h:mm:ss a",
        "short": "M/d/yy, h:mm a",
    },
)  # fmt: skip


def names_of(locale: str | None) -> Names:
    """By a name such as `fr`, `de_DE` or `pt-BR`; without one English."""
    return _known(locale if locale is None else locale[:_LONGEST])


@lru_cache(maxsize=64)
def _known(locale: str | None) -> Names:
    if locale is None or locale.replace("-", "_").lower() in ("en", "en_us"):
        return ENGLISH
    try:
        known = Locale.parse(locale.replace("-", "_"))
    except (ValueError, UnknownLocaleError, TypeError):
        raise ExpressionError("There is no such locale", hint="write fr, de or pt_BR") from None
    months, days = known.months["format"], known.days["format"]
    return Names(
        {width: tuple(months[width][place] for place in range(1, 13)) for width in _WIDTHS},
        {width: tuple(days[width][place] for place in range(7)) for width in _WIDTHS},
        (known.day_periods["format"]["abbreviated"]["am"], known.day_periods["format"]["abbreviated"]["pm"]),
        {style: _style(known, style) for style in ENGLISH.styles},
    )


def _style(known: Locale, style: str) -> str:
    joined = str(known.datetime_formats[style]).replace("{1}", known.date_formats[style].pattern)
    return joined.replace("{0}", known.time_formats[style].pattern).replace("\u202f", " ")
