"""Secrets: encrypted rows per namespace, and `SECRET_*` of the environment; values leave only to be used."""

import base64
import binascii
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from builder.errors import InvalidInput, NotFound
from builder.models import Secret
from builder.store import encryption
from builder.store.gate import write

ENV_PREFIX = "SECRET_"
_KEY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]*")


@dataclass(frozen=True, slots=True)
class SecretItem:
    """A secret without its value. `namespace` "" and `origin` "environment" for those of the environment;
    `decoded`: the environment's text was base64, as Kestra has it (else it is taken as it is)."""

    namespace: str
    key: str
    description: str
    origin: str
    decoded: bool
    updated_at: datetime | None
    updated_by: str


def parents(namespace: str) -> list[str]:
    """The namespace and the ones above it, nearest first: a.b.c, a.b, a."""
    parts = namespace.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]


def value(key: str, namespace: str) -> str:
    """The value of the nearest namespace upwards, else the environment's. Raises NotFound."""
    rows = {row.namespace: row for row in Secret.objects.filter(namespace__in=parents(namespace), key__iexact=key)}
    for place in parents(namespace):
        if place in rows:
            return encryption.decrypt(rows[place].ciphertext)
    text = os.environ.get(ENV_PREFIX + key.upper())
    if text is None:
        raise NotFound(f"Cannot find secret for key '{key}'.")
    return _from_environment(text)[0]


def set_value(namespace: str, key: str, plaintext: str, *, by: str, now: datetime, description: str = "") -> SecretItem:
    """Raises InvalidInput for a bad key or an empty value."""
    if not _KEY.fullmatch(key) or len(key) > 256:
        raise InvalidInput(
            f"The secret's name '{key[:80]}' cannot be used: it must begin with a letter or digit and hold only "
            "letters, digits, dots, dashes and underscores."
        )
    if not plaintext:
        raise InvalidInput("A secret needs a value.")
    with write():
        row, _ = Secret.objects.update_or_create(
            namespace=namespace,
            key=key.upper(),
            defaults={
                "ciphertext": encryption.encrypt(plaintext),
                "description": description,
                "updated_at": now,
                "updated_by": by,
            },
        )
    return _item(row)


def delete(namespace: str, key: str) -> bool:
    """Whether there was such a secret."""
    with write():
        return Secret.objects.filter(namespace=namespace, key__iexact=key).delete()[0] > 0


def listed(namespace: str = "") -> list[SecretItem]:
    """All secrets without their values; those of the environment last."""
    rows = Secret.objects.order_by("namespace", "key")
    if namespace:
        rows = rows.filter(namespace__in=parents(namespace))
    return [*(_item(row) for row in rows), *_environment()]


def known(namespace: str) -> frozenset[str]:
    """The names, in capitals, that `secret()` finds from this namespace."""
    return frozenset(item.key.upper() for item in listed(namespace))


def _environment() -> Iterable[SecretItem]:
    for name in sorted(os.environ):
        if name.startswith(ENV_PREFIX) and len(name) > len(ENV_PREFIX):
            decoded = _from_environment(os.environ[name])[1]
            yield SecretItem("", name[len(ENV_PREFIX) :], "", "environment", decoded, None, "")


def _from_environment(text: str) -> tuple[str, bool]:
    """Kestra keeps them in base64; whatever does not decode to text is taken as it is."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode(), True
    except (binascii.Error, ValueError):
        return text, False


def _item(row: Secret) -> SecretItem:
    return SecretItem(row.namespace, row.key, row.description, "database", False, row.updated_at, row.updated_by)
