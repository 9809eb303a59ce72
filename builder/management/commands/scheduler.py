"""`manage.py scheduler`: fires schedules and sweeps; several may run side by side."""

from typing import Any

from django.core.management.base import BaseCommand

from builder.triggers.scheduler import run_scheduler


class Command(BaseCommand):
    help = "Runs one scheduler process (see the deployment guide)."

    def handle(self, **options: Any) -> None:
        run_scheduler()
