"""Bearer tokens that a service gives for credentials: Google's of the worker, Microsoft's of an application.

A token is kept until shortly before it ends, in this process.
"""

import asyncio
import base64
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from builder.tasks.api import Outside, TaskFailure

GOOGLE_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
AZURE_SCOPE = "https://cognitiveservices.azure.com/.default"
_GOOGLE_TOKENS = "https://oauth2.googleapis.com/token"
_MICROSOFT = "https://login.microsoftonline.com"
_SPARE_SECONDS = 300.0
_KEPT = 256
_tokens: dict[tuple[str, ...], tuple[str, float]] = {}


async def azure_token(context: Outside, tenant_id: str, client_id: str, client_secret: str) -> str:
    """A token of Entra ID for an application; AZURE_AUTHORITY_HOST names another authority. Raises TaskFailure."""
    root = (os.environ.get("AZURE_AUTHORITY_HOST") or _MICROSOFT).rstrip("/")
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    address = f"{root if '://' in root else f'https://{root}'}/{quote(tenant_id, safe='')}/oauth2/v2.0/token"
    what = "Microsoft Entra ID (clientId, clientSecret, tenantId)"
    return await _token(context, address, {**form, "scope": AZURE_SCOPE}, what)


async def google_token(context: Outside, host: str) -> str:
    """A token of the worker's Google credentials, for a server of that name. Raises TaskFailure.

    The token would work at Google for whoever receives it: it goes to Google, and to gateways that the operator named.
    """
    if not (host.endswith(".googleapis.com") or host in _gateways()):
        raise TaskFailure(
            f"The Google credentials of this worker are not sent to {host}: it is not Google. For a gateway of your "
            "own, add its name to MILLSTREAM_GOOGLE_GATEWAYS.",
            retryable=False,
        )
    known = await asyncio.to_thread(_google_credentials)
    try:
        address, form = _google_request(known, int(context.now().timestamp()))
    except (KeyError, ValueError, TypeError) as error:
        raise TaskFailure(
            f"The Google credentials of this worker cannot be used: {error!r}.", retryable=False
        ) from error
    kept_as = (address, str(known.get("client_email") or known.get("client_id")))
    return await _token(context, address, form, "Google (the credentials of this worker)", kept_as)


def _gateways() -> set[str]:
    return {name.strip() for name in os.environ.get("MILLSTREAM_GOOGLE_GATEWAYS", "").split(",") if name.strip()}


def _google_credentials() -> Mapping[str, Any]:
    file = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS") or "~/.config/gcloud/application_default_credentials.json"
    try:
        known = json.loads(Path(file).expanduser().read_text())
    except OSError as error:
        raise TaskFailure(
            "This worker has no Google credentials: set GOOGLE_APPLICATION_CREDENTIALS to the file of a service "
            f"account, or log in by `gcloud auth application-default login` ({error.strerror}).",
            retryable=False,
        ) from error
    except ValueError as error:
        raise TaskFailure("The file of Google credentials of this worker is not JSON.", retryable=False) from error
    return known if isinstance(known, dict) else {}


def _google_request(known: Mapping[str, Any], now: int) -> tuple[str, Mapping[str, str]]:
    """Where to ask for a token, and how. Raises KeyError or ValueError for credentials of another kind."""
    kind = known.get("type")
    if kind == "authorized_user":
        names = ("client_id", "client_secret", "refresh_token")
        return _GOOGLE_TOKENS, {"grant_type": "refresh_token", **{name: str(known[name]) for name in names}}
    if kind != "service_account":
        raise ValueError(f"credentials of type {kind!r}; a service_account or an authorized_user is needed")
    address = str(known.get("token_uri") or _GOOGLE_TOKENS)
    claims = {"iss": known["client_email"], "scope": GOOGLE_SCOPE, "aud": address, "iat": now, "exp": now + 3600}
    head = {"alg": "RS256", "typ": "JWT", "kid": known.get("private_key_id")}
    text = f"{_packed(json.dumps(head).encode())}.{_packed(json.dumps(claims).encode())}"
    key = load_pem_private_key(str(known["private_key"]).encode(), None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the private key is no RSA key")
    proof = _packed(key.sign(text.encode(), PKCS1v15(), hashes.SHA256()))
    return address, {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": f"{text}.{proof}"}


def _packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


async def _token(
    context: Outside, address: str, form: Mapping[str, str], what: str, kept_as: tuple[str, ...] = ()
) -> str:
    key = kept_as or (address, *form.values())
    token, ends = _tokens.get(key, ("", 0.0))
    if time.monotonic() < ends:
        context.mask(token)
        return token
    answer = await _asked(context, address, form, what)
    token = str(answer["access_token"])
    context.mask(token)
    lasts = answer.get("expires_in")
    seconds = float(lasts) if isinstance(lasts, int | float | str) and str(lasts).isdecimal() else 0.0
    if len(_tokens) >= _KEPT:
        _tokens.clear()
    _tokens[key] = (token, time.monotonic() + max(0.0, seconds - _SPARE_SECONDS))
    return token


async def _asked(context: Outside, address: str, form: Mapping[str, str], what: str) -> Mapping[str, Any]:
    import httpx2

    try:
        response = await context.http.client(follow_redirects=False).post(address, data=dict(form))
        answer = response.json()
    except httpx2.RequestError as error:
        raise TaskFailure(f"{what} could not be asked for a token at {urlsplit(address).hostname}: {error}.") from error
    except ValueError:
        answer = None
    found = answer if isinstance(answer, dict) else {}
    if response.status_code != 200 or not found.get("access_token"):
        said = str(found.get("error_description") or found.get("error") or "no token in the answer").splitlines()[0]
        raise TaskFailure(
            f"{what} gave no token (status {response.status_code}): {said[:300].rstrip('.')}. Check the credentials.",
            retryable=response.status_code >= 500,
        )
    return found
