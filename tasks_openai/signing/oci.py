"""Requests to Oracle Cloud Infrastructure, signed with a profile of the worker's OCI configuration file.

The signature is that of OCI's guide "Request Signatures" (version 1); the file is the one of its command line.
"""

import base64
import os
from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from builder.tasks.api import TaskFailure
from tasks_openai.wire.connection import Outgoing

DEFAULT_PROFILE = "DEFAULT"
_SIGNED = ("date", "(request-target)", "host", "content-length", "content-type", "x-content-sha256")
_NEEDED = ("tenancy", "user", "fingerprint", "key_file")


@dataclass(frozen=True, slots=True)
class OciSignature:
    """Signs with the private key of a user; `key_id` is tenancy/user/fingerprint."""

    key_id: str
    private_key: str = field(repr=False)
    """PEM text."""
    pass_phrase: str = field(default="", repr=False)

    def headers(self, request: Outgoing) -> Mapping[str, str]:
        """The headers to add to a request. Raises ValueError for a key that cannot be read."""
        values = {
            "date": format_datetime(request.at, usegmt=True),
            "(request-target)": f"{request.method.lower()} {request.target}",
            "host": request.host,
            "content-length": str(len(request.body)),
            "content-type": request.kind,
            "x-content-sha256": base64.b64encode(sha256(request.body).digest()).decode(),
        }
        text = "\n".join(f"{name}: {values[name]}" for name in _SIGNED)
        key = _key(self.private_key, self.pass_phrase)
        signature = base64.b64encode(key.sign(text.encode(), PKCS1v15(), hashes.SHA256())).decode()
        return {
            "date": values["date"],
            "x-content-sha256": values["x-content-sha256"],
            "authorization": f'Signature version="1",keyId="{self.key_id}",algorithm="rsa-sha256",'
            f'headers="{" ".join(_SIGNED)}",signature="{signature}"',
        }


@lru_cache(maxsize=16)
def _key(pem: str, pass_phrase: str) -> RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), pass_phrase.encode() or None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the key of the OCI profile is no RSA key")
    return key


def signature_of_profile(profile: str) -> OciSignature:
    """The signature of one profile. Raises TaskFailure when there is no such profile, or it lacks something."""
    file = Path(os.environ.get("OCI_CONFIG_FILE") or "~/.oci/config").expanduser()
    known = ConfigParser(interpolation=None)
    try:
        found = known.read(file, encoding="utf-8")
    except (OSError, ConfigError, UnicodeDecodeError) as error:
        raise _unusable(f"cannot be read: {error}") from error
    if not found:
        raise _unusable(f"is not there ({file}; OCI_CONFIG_FILE names another place)")
    if profile != DEFAULT_PROFILE and not known.has_section(profile):
        raise _unusable(f"has no profile {profile!r}; authProvider names one of {[DEFAULT_PROFILE, *known.sections()]}")
    return _read(profile, known[profile])


def _read(profile: str, about: Mapping[str, str]) -> OciSignature:
    missing = [name for name in _NEEDED if not about.get(name)]
    if missing:
        raise _unusable(f"lacks {', '.join(missing)} in its profile {profile!r}")
    try:
        pem = Path(about["key_file"]).expanduser().read_text()
        signature = OciSignature("/".join(about[name] for name in _NEEDED[:3]), pem, about.get("pass_phrase", ""))
        _key(signature.private_key, signature.pass_phrase)
    except (OSError, ValueError, TypeError) as error:
        raise _unusable(f"names a key_file in its profile {profile!r} that cannot be used: {error}") from error
    return signature


def _unusable(why: str) -> TaskFailure:
    return TaskFailure(f"The OCI configuration file of this worker {why}.", retryable=False)
