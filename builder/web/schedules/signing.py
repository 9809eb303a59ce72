"""A line for a terminal that calls a webhook, signed where it must be; the secret comes from the environment."""

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_WHOSE = {"GITHUB": "as GitHub does", "STRIPE": "as Stripe does", "SLACK": "as Slack does",
          "HMAC": "with the HMAC-SHA256 of its body"}  # fmt: skip
_HEADERS = {"GITHUB": "X-Hub-Signature-256", "STRIPE": "Stripe-Signature", "SLACK": "X-Slack-Signature"}
_SIGNED = {"STRIPE": """printf '%s.%s' "$now" "$body\"""", "SLACK": """printf 'v0:%s:%s' "$now" "$body\""""}
_VALUES = {"GITHUB": "sha256=", "STRIPE": "t=$now,v1=", "SLACK": "v0="}


def signed_how(signature: Mapping[str, Any] | None) -> str:
    """The end of a sentence that begins with `signed`; "" for a webhook whose calls need not be."""
    return _WHOSE.get(str(signature.get("style")), "as its style says") if signature else ""


def call_line(url: str, signature: Mapping[str, Any] | None) -> str:
    """A header that an expression names is left for its reader to write."""
    style = str((signature or {}).get("style"))
    if style not in _WHOSE:
        return f"curl -X POST -H 'Content-Type: application/json' -d '{{}}' '{url}'"
    written = str((signature or {}).get("header") or _HEADERS.get(style, ""))
    header = written if _NAME.fullmatch(written) else "<header>"
    signed = _SIGNED.get(style, """printf '%s' "$body\"""")
    digest = f"""$({signed} | openssl dgst -sha256 -hmac "$WEBHOOK_SECRET" -r | cut -d' ' -f1)"""
    time = """ -H "X-Slack-Request-Timestamp: $now\"""" if style == "SLACK" else ""
    return (
        f"""body='{{}}' now=$(date +%s); curl -X POST -H 'Content-Type: application/json'{time}"""
        f""" -H "{header}: {_VALUES.get(style, "")}{digest}" -d "$body" '{url}'"""
    )
