"""`manage.py schedule next CRON`: when a cron expression fires next."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from builder.clock import SystemClock
from builder.errors import InvalidInput
from builder.schedule import parse_cron


class Command(BaseCommand):
    help = "Prints the next instants of a cron expression, in UTC, one a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        following = verbs.add_parser("next", help="the next instants")
        following.add_argument("cron")
        following.add_argument("--timezone", default="UTC")
        following.add_argument("--from", dest="start", metavar="ISO", help="strictly after this instant (default now)")
        following.add_argument("--count", type=int, default=5)
        following.add_argument("--with-seconds", action="store_true")

    def handle(self, **options: Any) -> None:
        try:
            cron = parse_cron(options["cron"], with_seconds=options["with_seconds"], timezone=options["timezone"])
            start = datetime.fromisoformat(options["start"]) if options["start"] else SystemClock().now()
        except (InvalidInput, ValueError) as error:
            raise CommandError(str(error), returncode=2) from error
        if start.tzinfo is None:
            start = start.replace(tzinfo=UTC)
        for instant in islice(cron.after(start), max(0, options["count"])):
            self.stdout.write(f"{instant:%Y-%m-%dT%H:%M:%SZ}")
