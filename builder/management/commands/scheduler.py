"""`manage.py scheduler`: fires schedules and sweeps; several may run side by side."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from builder.management import valkey
from builder.triggers.scheduler import run_scheduler


class Command(BaseCommand):
    help = "Runs one scheduler process (see the deployment guide)."
    requires_system_checks: list[str] = []  # they would import every page

    def handle(self, **options: Any) -> None:
        valkey.refuse_useless(settings.REDIS_URL)
        run_scheduler()
