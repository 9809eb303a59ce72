"""`manage.py web`: the pages and the API, on uvicorn."""

from argparse import ArgumentParser
from typing import Any

import uvicorn
from django.core.management.base import BaseCommand

KEEP_ALIVE_SECONDS = 75


class Command(BaseCommand):
    help = "Runs the web process alone (see the deployment guide)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, **options: Any) -> None:
        uvicorn.run(
            "builder.asgi:application",
            host=options["host"],
            port=options["port"],
            access_log=False,
            log_level="warning",
            lifespan="off",
            ws="none",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=3,
            server_header=False,
        )
