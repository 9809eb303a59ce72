"""`manage.py restore FILE`: puts a backup back where nothing is yet."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from builder.clock import SystemClock
from builder.errors import BuilderError
from builder.management import archive
from builder.management.archive import Restored


class Command(BaseCommand):
    help = "Puts a backup back: into an empty data folder or database, before anything is started there."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", metavar="DIR", help="the data folder, as for `up` (default data/)")
        parser.add_argument("file", metavar="FILE", help="what `backup` wrote")

    def handle(self, **options: Any) -> None:
        source = Path(options["file"]).expanduser().absolute()
        try:
            restored = archive.restore(source, SystemClock().now(), self.stdout.write)
        except BuilderError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"cannot read {source}: {error.strerror}.") from error
        self._tell(restored)

    def _tell(self, restored: Restored) -> None:
        settled = restored.settled
        self.stdout.write(
            f"Restored the backup of {restored.manifest.made_at}: the database and {restored.files} file(s).\n"
            f"{settled.triggers} trigger(s) count from now: dates since the backup are not fired again. "
            f"{settled.backfills} backfill(s) were paused.\n"
            f"{settled.unfinished} execution(s) had not ended; they go on when a worker starts, and what was under way "
            "in them begins again. Kill those first that ran on elsewhere."
        )
        if restored.key_differs:
            self.stderr.write(
                "The key here is another one than that of the backup: its secrets cannot be read until "
                "MILLSTREAM_ENCRYPTION_KEY (or the file secret_key in the data folder) is the old one."
            )
