"""`manage.py worker`: takes executions from the queue and drives them."""

import os
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from builder.management import valkey
from builder.runtime.worker import run_suspects, run_worker


class Command(BaseCommand):
    help = "Runs one worker process (see the deployment guide)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default="", help="the worker's name, unique on this machine")
        parser.add_argument("--suspects", nargs="+", metavar="ID", help="drive these executions only, then end")
        parser.add_argument("--places", type=int, default=1, help="how many of the suspects at once")

    def handle(self, **options: Any) -> None:
        name = f"{socket.gethostname()}.{options['name'] or os.getpid()}"
        if options["suspects"]:
            run_suspects(name, options["suspects"], options["places"])
        else:
            valkey.refuse_useless(settings.REDIS_URL)
            run_worker(name)
