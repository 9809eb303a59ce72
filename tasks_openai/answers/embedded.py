"""Embeddings in an answer, as numbers."""

import base64
import binascii
import struct
from typing import Any


def as_numbers(one: dict[str, Any]) -> dict[str, Any]:
    """An embedding as numbers, although a server sent it packed: 32-bit numbers, lowest byte first."""
    packed = one.get("embedding")
    if not isinstance(packed, str):
        return one
    try:
        content = base64.b64decode(packed, validate=True)
        return {**one, "embedding": list(struct.unpack(f"<{len(content) // 4}f", content))}
    except (binascii.Error, struct.error):
        return one
