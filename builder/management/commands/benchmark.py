"""`manage.py benchmark`: measures the product on this machine; the measuring itself is in tests/benchmarks."""

import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Measures latency, throughput, start and memory beside their aims (--help lists the options)."
    requires_system_checks: list[str] = []  # nothing of this process is used

    def run_from_argv(self, argv: list[str]) -> None:
        """Its options are read there, in a process of its own."""
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, [sys.executable, "-m", "tests.benchmarks", *argv[2:]])
