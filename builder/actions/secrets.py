"""What people do with secrets; a value goes in and never comes out."""

import json
from collections.abc import Mapping

from builder.clock import SystemClock
from builder.errors import InvalidInput, NotFound
from builder.store import secrets
from builder.store.secrets import SecretItem

CONNECTION_PARTS = ("api-key", "organization", "project", "base-url")
_CLOCK = SystemClock()


def set_value(namespace: str, key: str, value: str, *, by: str, description: str = "") -> SecretItem:
    """Sets or replaces a secret. Raises InvalidInput."""
    return secrets.set_value(namespace, key, value, by=by, now=_CLOCK.now(), description=description)


def set_connection(namespace: str, key: str, parts: Mapping[str, str], *, by: str, description: str = "") -> SecretItem:
    """Keeps an API key with what belongs to it (organization, project, server) as one secret, which is JSON.

    Tasks read it whole (`setup: "{{ secret('NAME') }}"`) or in parts (`secret('NAME', subkey='api-key')`); each part is
    masked as the whole is. Raises InvalidInput.
    """
    if not parts.get("api-key"):
        raise InvalidInput("A connection needs its API key.")
    written = {name: parts[name] for name in CONNECTION_PARTS if parts.get(name)}
    return set_value(namespace, key, json.dumps(written), by=by, description=description)


def delete(namespace: str, key: str) -> None:
    """Raises NotFound."""
    if not secrets.delete(namespace, key):
        raise NotFound(f"Cannot find secret for key '{key}' in the namespace '{namespace}'.")


def listed(namespace: str = "") -> list[SecretItem]:
    """All secrets without values: those of a namespace and the ones above it, or all; the environment's last."""
    return secrets.listed(namespace)
