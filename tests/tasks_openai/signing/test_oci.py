"""Requests to OCI: what is signed, how, and what is said of a configuration that cannot be used."""

import base64
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from builder.tasks.api import TaskFailure
from tasks_openai.signing.oci import OciSignature, signature_of_profile
from tasks_openai.wire.connection import Outgoing
from tests.tasks_openai.ai.conftest import PEM, PRIVATE_KEY

AT = datetime(2014, 1, 5, 21, 31, 40, tzinfo=UTC)
HOST = "inference.generativeai.eu-frankfurt-1.oci.oraclecloud.com"


def test_a_request_is_signed_with_its_body() -> None:
    request = Outgoing("POST", HOST, "/20231130/actions/chat", "application/json", b'{"a": 1}', AT)
    headers = OciSignature("t/u/f", PEM).headers(request)
    assert headers["date"] == "Sun, 05 Jan 2014 21:31:40 GMT"
    assert headers["x-content-sha256"] == base64.b64encode(sha256(b'{"a": 1}').digest()).decode()
    start = (
        'Signature version="1",keyId="t/u/f",algorithm="rsa-sha256",'
        'headers="date (request-target) host content-length content-type x-content-sha256",signature="'
    )
    assert headers["authorization"].startswith(start)
    signature = base64.b64decode(headers["authorization"].removeprefix(start).rstrip('"'))
    text = (
        "date: Sun, 05 Jan 2014 21:31:40 GMT\n"
        "(request-target): post /20231130/actions/chat\n"
        f"host: {HOST}\n"
        "content-length: 8\n"
        "content-type: application/json\n"
        f"x-content-sha256: {headers['x-content-sha256']}"
    )
    PRIVATE_KEY.public_key().verify(signature, text.encode(), PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        PRIVATE_KEY.public_key().verify(signature, b"other", PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(
    ("content", "profile", "sentence"),
    [
        ("[DEFAULT]\nuser=u\n", "DEFAULT", "lacks tenancy, fingerprint, key_file"),
        ("[DEFAULT]\nuser=u\n[A]\n", "B", r"has no profile 'B'; authProvider names one of \['DEFAULT', 'A'\]"),
        ("[DEFAULT]\ntenancy=t\nuser=u\nfingerprint=f\nkey_file=/nowhere\n", "DEFAULT", "key_file .* cannot be used"),
        ("no sections", "DEFAULT", "cannot be read"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, profile: str, sentence: str
) -> None:
    (tmp_path / "config").write_text(content)
    monkeypatch.setenv("OCI_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(TaskFailure, match=sentence):
        signature_of_profile(profile)


def test_a_worker_without_a_configuration_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCI_CONFIG_FILE", str(tmp_path / "nothing"))
    with pytest.raises(TaskFailure, match="is not there"):
        signature_of_profile("DEFAULT")
