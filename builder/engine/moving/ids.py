"""Ids that follow from what they name, so that doing a thing twice makes it once: 22 characters of base 62."""

from hashlib import sha256

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = tuple(low + high for high in _DIGITS for low in _DIGITS)
"""All numbers of two digits, the lower digit first."""
_LENGTH = 22


def derived_id(*parts: object) -> str:
    """The id that belongs to these parts, always the same."""
    number = int.from_bytes(sha256("\x00".join(map(str, parts)).encode()).digest()[:17])
    pairs = []
    for _ in range(_LENGTH // 2):
        number, pair = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[pair])
    return "".join(pairs)


def run_id(execution_id: str, path: str) -> str:
    """The id of the task run at `path`."""
    return derived_id("run", execution_id, path)


def child_id(execution_id: str, path: str, attempt: int) -> str:
    """The id of the execution that attempt number `attempt` of a Subflow starts."""
    return derived_id("child", execution_id, path, attempt)


def next_id(execution_id: str) -> str:
    """The id of the execution that follows one that ended RETRIED."""
    return derived_id("retry", execution_id)
