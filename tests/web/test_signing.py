"""The line that a webhook's page gives to call it."""

import os
import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from builder.tasks.core.trigger.calls import Signature
from builder.triggers.called.signatures import is_signed
from builder.web.schedules.signing import call_line, signed_how

URL = "https://example.com/hook"


@pytest.mark.skipif(not shutil.which("openssl") or not shutil.which("sh"), reason="openssl signs")
@pytest.mark.parametrize(("style", "header"), [
    ("GITHUB", None), ("STRIPE", None), ("SLACK", None), ("HMAC", "X-Mine"), ("GITHUB", "X-Ours"),
])  # fmt: skip
def test_the_line_signs_as_the_webhook_wants_it(style: str, header: str | None) -> None:
    written = {"style": style, "secret": "{{ secret('HOOK') }}", **({"header": header} if header else {})}
    line = f"""curl() {{ printf '%s\\n' "$@"; }}; {call_line(URL, written)}"""
    environment = {**os.environ, "WEBHOOK_SECRET": "it's hush"}
    ran = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, check=True)
    said = ran.stdout.splitlines()
    headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in said if ": " in one)}
    wanted = Signature(style=style, secret=SecretStr("it's hush"), header=header)  # type: ignore[arg-type]
    assert is_signed(wanted, headers, said[said.index("-d") + 1].encode(), datetime.now(UTC))
    assert said[-1] == URL


def test_the_line_holds_no_secret_and_nothing_that_a_shell_would_run() -> None:
    line = call_line(URL, {"style": "HMAC", "secret": "hush", "header": "X-$(reboot)"})
    assert "hush" not in line and "reboot" not in line and "<header>" in line


def test_a_webhook_without_a_signature_is_called_plainly() -> None:
    assert call_line(URL, None) == f"curl -X POST -H 'Content-Type: application/json' -d '{{}}' '{URL}'"
    assert (signed_how(None), signed_how({"style": "GITHUB"})) == ("", "as GitHub does")
