"""AWS Signature Version 4: who sends a request, and that nobody changed it on the way.

The steps and their names are those of AWS's guide "Create a signed AWS API request".
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qsl, quote

from tasks_openai.wire.connection import Outgoing

_ALGORITHM = "AWS4-HMAC-SHA256"
_SIGNED = "host;x-amz-date"


@dataclass(frozen=True, slots=True)
class AwsSignature:
    """Signs with a pair of keys for one service of one region."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str
    service: str = "bedrock"

    def headers(self, request: Outgoing) -> Mapping[str, str]:
        """The headers to add to a request."""
        moment = request.at.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        digest = sha256(_canonical(request, moment).encode()).hexdigest()
        signature = _mac(self._key(moment[:8]), f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}").hex()
        proof = f"Credential={self.access_key_id}/{scope}, SignedHeaders={_SIGNED}, Signature={signature}"
        return {"x-amz-date": moment, "authorization": f"{_ALGORITHM} {proof}"}

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self.secret_access_key}".encode()
        for part in (day, self.region, self.service, "aws4_request"):
            key = _mac(key, part)
        return key


def _canonical(request: Outgoing, moment: str) -> str:
    path, _, query = request.target.partition("?")
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in parse_qsl(query, keep_blank_values=True))
    return "\n".join(
        (
            request.method,
            quote(path or "/", safe="/-_.~"),  # the path as it goes out is quoted already: AWS wants it quoted twice
            "&".join(f"{name}={value}" for name, value in pairs),
            f"host:{request.host}",
            f"x-amz-date:{moment}",
            "",
            _SIGNED,
            sha256(request.body).hexdigest(),
        )
    )


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), sha256).digest()
