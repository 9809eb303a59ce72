"""Which headers and parameters hold credentials, told by their names: they are not shown, and not sent on elsewhere."""

import re

_SECRET = re.compile(
    r"auth(?!ors?(?![a-z]))|token|key(?!word|board|note)|secret|passw|passphrase|pwd|credential|cookie|session|signature"
    r"|jwt|hmac|(?<![a-z])sig(?![a-z])",
    re.IGNORECASE,
)


def names_a_secret(name: str) -> bool:
    """Whether what is called so looks like a secret."""
    return _SECRET.search(name) is not None
