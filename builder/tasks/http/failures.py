"""What can go wrong between here and a server, in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from builder.tasks.api import TaskFailure
from builder.tasks.http.options import Options

_SENTENCES = (
    ("UnsupportedProtocol", '"{uri}" is no address that can be asked: {error}.', False),
    ("InvalidURL", '"{uri}" is no address that can be asked: {error}.', False),
    ("LocalProtocolError", "The request to {host} cannot be sent: {error}.", False),
    ("ConnectTimeout", "{host} could not be reached in time (options.timeout.connectTimeout).", True),
    ("TimeoutException", "{host} sent nothing for {silence:g} s (options.timeout.readIdleTimeout).", True),
    ("TooManyRedirects", "{host} redirects without end.", False),
    ("ConnectError", "{host} cannot be reached: {error}. Is the address right, and is the server up?", True),
    ("DecodingError", "The answer of {host} cannot be unpacked: {error}.", True),
    ("HTTPError", "The connection with {host} broke: {error}.", True),
)
"""Kinds of httpx2's errors, the special before the general: what happened and what to do, and whether to try again."""


@contextmanager
def failures_in_words(uri: str, options: Options) -> Iterator[None]:
    """Turns the client's errors into TaskFailure."""
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        _, sentence, retryable = next(row for row in _SENTENCES if isinstance(error, getattr(httpx2, row[0])))
        said = sentence.format(
            uri=uri[:200], host=_host(uri), error=str(error) or type(error).__name__, silence=options.silence_seconds()
        )
        raise TaskFailure(said, retryable=retryable) from error


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).netloc.rpartition("@")[2] or uri[:200]
    except ValueError:
        return uri[:200]
