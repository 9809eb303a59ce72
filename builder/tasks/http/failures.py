"""What can go wrong between here and a server, in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from builder.tasks.api import TaskFailure
from builder.tasks.http.options import Options


@contextmanager
def failures_in_words(uri: str, options: Options) -> Iterator[None]:
    """Turns the client's errors into TaskFailure: what happened, with whom, and what to do."""
    import httpx2

    host = _host(uri)
    try:
        yield
    except (httpx2.UnsupportedProtocol, httpx2.InvalidURL, httpx2.LocalProtocolError) as error:
        raise TaskFailure(
            f'uri must be an address that begins with http:// or https://, not "{uri[:200]}": {error}.', retryable=False
        ) from error
    except httpx2.ConnectTimeout as error:
        raise TaskFailure(f"{host} could not be reached in time (options.timeout.connectTimeout).") from error
    except httpx2.TimeoutException as error:
        silence = f"{options.silence_seconds():g} s"
        raise TaskFailure(f"{host} sent nothing for {silence} (options.timeout.readIdleTimeout).") from error
    except httpx2.TooManyRedirects as error:
        raise TaskFailure(f"{host} redirects without end.", retryable=False) from error
    except httpx2.ConnectError as error:
        raise TaskFailure(f"{host} cannot be reached: {error}. Is the address right, and is the server up?") from error
    except httpx2.DecodingError as error:
        raise TaskFailure(f"The answer of {host} cannot be unpacked: {error}.") from error
    except httpx2.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise TaskFailure(f"The connection with {host} broke: {reason}.") from error


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).netloc.rpartition("@")[2] or uri[:200]
    except ValueError:
        return uri[:200]
