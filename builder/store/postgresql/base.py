"""The backend that DATABASES names; all else is Django's own."""

from types import SimpleNamespace
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from builder.store.postgresql.patience import PatientConnection, patience


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects by a class of ours; the first words to a server that was frozen a moment ago are not said."""

    Database = SimpleNamespace(**{**vars(psycopg), "connect": PatientConnection.connect})  # type: ignore[assignment]

    def get_connection_params(self) -> dict[str, Any]:
        """A server whose machine vanished is noticed by the network, also by workers, which wait for a frozen one."""
        usual = {"connect_timeout": patience.connect_seconds, "keepalives_idle": 15, "keepalives_interval": 5,
                 "keepalives_count": 3, "tcp_user_timeout": 30_000}  # fmt: skip
        return {**usual, **super().get_connection_params()}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        patience.refuse_if_known_frozen()
        try:
            return super().get_new_connection(conn_params)
        except psycopg.errors.ConnectionTimeout:
            patience.note_frozen()
            raise
