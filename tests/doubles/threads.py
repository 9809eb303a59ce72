"""Threads that keep no database connection: PostgreSQL drops a test database only when nobody uses it any more."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection


class ClosingThreads(ThreadPoolExecutor):
    """Each piece of work closes the connection it opened."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> "Future[Any]":
        return super().submit(self._closing, function, *arguments, **options)

    @staticmethod
    def _closing(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        finally:
            connection.close()
