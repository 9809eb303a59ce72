"""AWS Signature Version 4, held against the vectors that AWS publishes (aws-sig-v4-test-suite)."""

from datetime import UTC, datetime

import pytest

from tasks_openai.signing.aws import AwsSignature
from tasks_openai.wire.connection import Outgoing

KEYS = AwsSignature("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service")
AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "target", "signature"),
    [
        ("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        ("GET", "/?Param1=value2&Param1=Value1", "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"),
    ],
)
def test_the_published_vectors_come_out(method: str, target: str, signature: str) -> None:
    headers = KEYS.headers(Outgoing(method, "example.amazonaws.com", target, "", b"", AT))
    assert headers["x-amz-date"] == "20150830T123600Z"
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )


def test_the_colon_of_a_models_name_is_signed_as_it_is_quoted_twice() -> None:
    plain = KEYS.headers(Outgoing("POST", "h", "/model/a%3A0/converse", "", b"{}", AT))
    other = KEYS.headers(Outgoing("POST", "h", "/model/a:0/converse", "", b"{}", AT))
    assert plain["authorization"] != other["authorization"]


def test_the_secret_is_shown_nowhere() -> None:
    assert "wJalr" not in repr(KEYS)
