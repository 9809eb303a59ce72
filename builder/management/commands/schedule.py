"""`manage.py schedule next CRON`: when a cron expression fires next."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from builder.clock import SystemClock
from builder.errors import InvalidInput
from builder.schedule import parse_cron

_FIRST_YEAR = 2
"""The one before has moments that are in no year, seen from another zone."""


class Command(BaseCommand):
    help = "Prints the next instants of a cron expression, in UTC, one a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        following = verbs.add_parser("next", help="the next instants")
        following.add_argument("cron")
        following.add_argument(
            "--timezone", default="UTC", help="in whose time the cron expression is meant (default UTC)"
        )
        following.add_argument(
            "--from", dest="start", metavar="ISO",
            help="strictly after this instant (default now); one without an offset is in UTC, whatever --timezone says",
        )  # fmt: skip
        following.add_argument("--count", type=int, default=5, help="how many, 1 or more (default 5)")
        following.add_argument("--with-seconds", action="store_true", help="six fields, the first one for seconds")

    def handle(self, **options: Any) -> None:
        try:
            cron = parse_cron(options["cron"], with_seconds=options["with_seconds"], timezone=options["timezone"])
            start = _instant(options["start"]) if options["start"] else SystemClock().now()
            count = _count(options["count"])
        except InvalidInput as error:
            told = error.message.replace("withSeconds: true", "withSeconds: true (here: --with-seconds)")
            raise CommandError(told, returncode=2) from error
        for instant in islice(cron.after(start), count):
            self.stdout.write(f"{instant:%Y-%m-%dT%H:%M:%SZ}")


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"--from cannot be `{text}`; write it like 2027-01-15T10:00:00Z.") from None
    if moment.year < _FIRST_YEAR:
        raise InvalidInput(f"--from cannot be `{text}`; the calendar begins with the year {_FIRST_YEAR:04}.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _count(number: int) -> int:
    if number < 1:
        raise InvalidInput(f"--count cannot be {number}; say how many instants, 1 or more.")
    return number
