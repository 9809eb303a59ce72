"""Encryption at rest (AES-GCM) of secrets and of SECRET inputs; the key comes from MILLSTREAM_ENCRYPTION_KEY.

An encrypted value among inputs or outputs is Kestra's map: {"type": "io.kestra.datatype:aes_encrypted", "value": ...};
where only a text fits, the type stands before the ciphertext.
"""

import base64
import binascii
import functools
import hashlib
import os
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from builder.errors import Unavailable
from builder.flows.inputs import ENCRYPTED_TYPE

_NONCE_BYTES = 12
_PREFIX = f"{ENCRYPTED_TYPE}:"


class WrongKey(Exception):
    """The text was encrypted with another key, or is no encrypted text at all."""


def encrypt(plaintext: str, key: str | None = None) -> str:
    """Base64 of nonce and ciphertext; with the installation's key unless one is given."""
    nonce = os.urandom(_NONCE_BYTES)
    return base64.b64encode(nonce + _cipher(key or _key_text()).encrypt(nonce, plaintext.encode(), None)).decode()


def decrypt_with(key: str, ciphertext: str) -> str:
    """Raises WrongKey."""
    try:
        raw = base64.b64decode(ciphertext, validate=True)
        return _cipher(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise WrongKey from error


def decrypt(ciphertext: str) -> str:
    """Raises Unavailable when the key is not the one it was encrypted with."""
    try:
        return decrypt_with(_key_text(), ciphertext)
    except WrongKey as error:
        raise Unavailable(
            "A stored secret cannot be decrypted: the encryption key has changed. Set MILLSTREAM_ENCRYPTION_KEY "
            "(or the secret key) back to what it was, or enter the secret again."
        ) from error


def sealed(value: str) -> dict[str, str]:
    """The value as it is stored among inputs and outputs."""
    return {"type": ENCRYPTED_TYPE, "value": encrypt(value)}


def sealed_text(value: str) -> str:
    """The same where only a text fits."""
    return _PREFIX + encrypt(value)


def is_sealed(value: Any) -> bool:
    if isinstance(value, str):
        return value.startswith(_PREFIX)
    return isinstance(value, Mapping) and value.get("type") == ENCRYPTED_TYPE and isinstance(value.get("value"), str)


def sealed_where(value: Any, is_secret: Callable[[str], bool]) -> Any:
    """The value with every text in it that holds a secret sealed; keys of maps stay."""
    if isinstance(value, str):
        return sealed(value) if is_secret(value) else value
    if is_sealed(value):
        return value
    if isinstance(value, Mapping):
        return {key: sealed_where(item, is_secret) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [sealed_where(item, is_secret) for item in value]
    return value


def opened(value: Any) -> tuple[Any, tuple[str, ...]]:
    """The value with every sealed part decrypted, and the plain texts that are secret from now on.

    What cannot be decrypted stays as it is: anybody may send a map that looks like a sealed value.
    """
    found: list[str] = []
    return _open(value, found), tuple(found)


def _open(value: Any, found: list[str]) -> Any:
    if is_sealed(value):
        try:
            plain = decrypt_with(_key_text(), value.removeprefix(_PREFIX) if isinstance(value, str) else value["value"])
        except WrongKey:
            return value
        found.append(plain)
        return plain
    if isinstance(value, Mapping):
        return {key: _open(item, found) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_open(item, found) for item in value]
    return value


def secret_for(purpose: str) -> str:
    """A secret of this installation for one purpose; another one where its key is another."""
    return hashlib.sha256(f"{purpose}:{_key_text()}".encode()).hexdigest()


def _key_text() -> str:
    return str(settings.MILLSTREAM["ENCRYPTION_KEY"])


@functools.lru_cache(maxsize=4)
def _cipher(key_text: str) -> AESGCM:
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"millstream at rest")
    return AESGCM(derive.derive(key_text.encode()))
