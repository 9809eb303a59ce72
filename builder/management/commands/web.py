"""`manage.py web`: the pages and the API, on uvicorn."""

import signal
import sys
from argparse import ArgumentParser
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand

from builder.clock import SystemClock
from builder.management import valkey
from builder.runtime.vitals import signs
from builder.store.postgresql.patience import patience

KEEP_ALIVE_SECONDS = 75


class Command(BaseCommand):
    help = "Runs the web process alone (see the deployment guide)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, **options: Any) -> None:
        valkey.refuse_useless(settings.REDIS_URL)
        beating = signs.Beating(signs.own_name("web"), "web", SystemClock())
        beating.start()
        patience.ends = True
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it once more when it has shut down
        try:
            _serve(options["host"], options["port"])
        finally:
            beating.stop()


def _serve(host: str, port: int) -> None:
    uvicorn.run(
        "builder.asgi:application",
        host=host,
        port=port,
        access_log=False,
        log_config=None,  # its lines are written as all others are
        log_level="warning",
        lifespan="off",
        ws="none",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=3,
        server_header=False,
    )
