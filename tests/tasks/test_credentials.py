"""Which headers and parameters look like secrets."""

import pytest

from builder.tasks.world.credentials import names_a_secret


@pytest.mark.parametrize("name", [
    "Authorization", "Proxy-Authorization", "Cookie", "set-cookie", "X-Api-Key", "apikey", "key", "accessKeyId",
    "X-Auth-Token", "X-Hub-Signature-256", "password", "client_secret", "sessionid", "X-Amz-Credential", "oauth",
    "X-Passphrase", "db_pwd", "jwt", "X-JWT-Assertion", "sig", "X-Sig-Value", "hmac",
])  # fmt: skip
def test_what_is_called_so_is_a_secret(name: str) -> None:
    assert names_a_secret(name)


@pytest.mark.parametrize("name", [
    "Content-Type", "page", "keyword", "Author", "authors", "X-Request-Id", "state", "design", "signal",
])  # fmt: skip
def test_what_is_called_so_is_none(name: str) -> None:
    assert not names_a_secret(name)
