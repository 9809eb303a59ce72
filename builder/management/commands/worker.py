"""`manage.py worker`: takes executions from the queue and drives them."""

import os
import socket
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from builder.runtime.worker import run_worker


class Command(BaseCommand):
    help = "Runs one worker process (see the deployment guide)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default="", help="the worker's name, unique on this machine")

    def handle(self, **options: Any) -> None:
        run_worker(f"{socket.gethostname()}.{options['name'] or os.getpid()}")
