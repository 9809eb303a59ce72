"""`manage.py backup FILE`: everything in one archive, while it runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from builder.clock import SystemClock
from builder.errors import BuilderError
from builder.management import archive

KEY = (
    "The key of secrets is not in it: keep MILLSTREAM_ENCRYPTION_KEY and MILLSTREAM_SECRET_KEY (the file secret_key in "
    "the data folder, where they are not set) in another safe place. Without it stored secrets cannot be read."
)


class Command(BaseCommand):
    help = "Writes the database and the stored files into one archive, while everything runs."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", metavar="DIR", help="the data folder, as for `up` (default data/)")
        parser.add_argument("file", metavar="FILE", help="a new file; compressed when it ends with .gz or .tgz")

    def handle(self, **options: Any) -> None:
        target = Path(options["file"]).expanduser().absolute()
        try:
            count = archive.write(target, SystemClock().now())
        except BuilderError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"cannot write {target}: {error.strerror}.") from error
        self.stdout.write(f"Wrote {target}: the database and {count} file{'' if count == 1 else 's'}.\n{KEY}")
