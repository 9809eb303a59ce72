"""What people do with secrets; a value goes in and never comes out."""

from builder.clock import SystemClock
from builder.errors import NotFound
from builder.store import secrets
from builder.store.secrets import SecretItem

_CLOCK = SystemClock()


def set_value(namespace: str, key: str, value: str, *, by: str, description: str = "") -> SecretItem:
    """Sets or replaces a secret. Raises InvalidInput."""
    return secrets.set_value(namespace, key, value, by=by, now=_CLOCK.now(), description=description)


def delete(namespace: str, key: str) -> None:
    """Raises NotFound."""
    if not secrets.delete(namespace, key):
        raise NotFound(f"Cannot find secret for key '{key}' in the namespace '{namespace}'.")


def listed(namespace: str = "") -> list[SecretItem]:
    """All secrets without values: those of a namespace and the ones above it, or all; the environment's last."""
    return secrets.listed(namespace)
