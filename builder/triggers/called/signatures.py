"""Whether a call is signed by who knows the secret: GitHub's, Stripe's and Slack's ways, and a plain HMAC."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from builder.tasks.core.trigger.calls import Signature

_HEADERS = {"GITHUB": "x-hub-signature-256", "STRIPE": "stripe-signature", "SLACK": "x-slack-signature"}
_SLACK_TIME = "x-slack-request-timestamp"
_TOLERANCE = timedelta(minutes=5)


def is_signed(wanted: Signature, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """`headers` by their names in lower case. All comparisons take the same time."""
    given = headers.get((wanted.header or _HEADERS.get(wanted.style, "")).lower(), "")
    secret = wanted.secret.get_secret_value().encode()
    if not secret:
        return False
    if wanted.style == "STRIPE":
        return _is_stripes(given, secret, body, wanted, now)
    if wanted.style == "SLACK":
        moment = headers.get(_SLACK_TIME, "")
        signed = b"v0:" + moment.encode() + b":" + body
        return _is_recent(moment, wanted, now) and _same(f"v0={_digest(secret, signed)}", given)
    return _same(_digest(secret, body), given.removeprefix("sha256="))


def _is_stripes(given: str, secret: bytes, body: bytes, wanted: Signature, now: datetime) -> bool:
    """`t=1492774577,v1=5257a8...,v1=...`."""
    parts = [part.strip().partition("=") for part in given.split(",")]
    moment = next((value for name, _, value in parts if name == "t"), "")
    digest = _digest(secret, moment.encode() + b"." + body)
    signed = any([_same(digest, value) for name, _, value in parts if name == "v1"])
    return signed and _is_recent(moment, wanted, now)


def _is_recent(moment: str, wanted: Signature, now: datetime) -> bool:
    if not (moment.isascii() and moment.isdecimal() and len(moment) < 13):
        return False
    return abs(now.timestamp() - int(moment)) <= (wanted.tolerance or _TOLERANCE).total_seconds()


def _digest(secret: bytes, body: bytes) -> str:
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.strip().encode("utf-8", "replace"))
