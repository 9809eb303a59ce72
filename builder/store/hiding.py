"""Secrets in texts that people read."""

from collections.abc import Collection

MASK = "******"
SHORTEST_SECRET = 4
"""Shorter values are not hidden: they stand in too many texts by chance."""


def masked(text: str, secrets: Collection[str]) -> str:
    """The text with these secrets masked."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK) if len(secret) >= SHORTEST_SECRET else text
    return text
