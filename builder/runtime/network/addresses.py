"""Which network addresses tasks may connect to; judged as numbers, after every name was resolved."""

import ipaddress
import socket
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

from builder.errors import TaskFailure

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_METADATA = frozenset({ipaddress.ip_address("168.63.129.16"), ipaddress.ip_address("192.0.0.192")})
_TRANSLATED = tuple(
    (ipaddress.IPv6Network(network), shift)
    for network, shift in (
        ("64:ff9b::/96", 0),
        ("64:ff9b:1::/48", 0),
        ("2002::/16", 80),
        ("::/96", 0),
        ("::ffff:0:0:0/96", 0),
    )
)
"""Networks that carry an IPv4 address inside, and where (how many bits from the right)."""
_granted: set[tuple[Address, int]] = set()


class AddressRefused(TaskFailure, OSError):
    """A connection to an address that tasks may not reach; an OSError too, so that a connector passes it on."""

    def __init__(self, number: Address, reason: str, name: str = "") -> None:
        self.number, self.reason = number, reason
        shown = f"{name} ({number})" if name and name != str(number) else str(number)
        TaskFailure.__init__(
            self,
            f"Connecting to {shown} is not allowed: it is {reason}. To let tasks reach it, name its network in the "
            f"setting MILLSTREAM_ALLOW_NETWORKS, e.g. {number}/{number.max_prefixlen}.",
            retryable=False,
        )

    def named(self, name: str) -> "AddressRefused":
        """The same refusal with the host as the author wrote it."""
        return AddressRefused(self.number, self.reason, name)


def grant(url: str) -> None:
    """Lets tasks reach the one address and port of a URL that this installation itself runs (the demo model)."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    for info in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM):
        _granted.add((_number(str(info[4][0])), port))


def check(address: str, port: int, name: str = "") -> None:
    """Raises AddressRefused when tasks may not connect to this numeric address. `name`: what the author wrote."""
    number = _number(address)
    reason = _reason(number)
    if reason is None or (number, port) in _granted | _demo_model(settings.MILLSTREAM["DEMO_MODEL_URL"]):
        return
    if any(number in network for network in settings.MILLSTREAM["ALLOW_NETWORKS"]):
        return
    raise AddressRefused(number, reason, name)


def resolve(host: str, port: int) -> str:
    """The first numeric address of a host that tasks may connect to. Blocking; raises TaskFailure."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TaskFailure(f"The host {host} cannot be found ({getattr(error, 'strerror', None) or error}).") from error
    refused: AddressRefused | None = None
    for info in found:
        address = str(info[4][0])
        try:
            check(address, port, host)
        except AddressRefused as error:
            refused = refused or error
        else:
            return address
    raise refused or TaskFailure(f"The host {host} has no address.")


@lru_cache(maxsize=8)
def _demo_model(url: str) -> frozenset[tuple[Address, int]]:
    parts = urlsplit(url)
    if not parts.hostname or not parts.port:
        return frozenset()
    try:
        return frozenset({(_number(parts.hostname), parts.port)})
    except ValueError:
        return frozenset()


def _number(address: str) -> Address:
    """The address as a number; IPv4 inside IPv6 comes out as IPv4, since that is where it leads."""
    number = ipaddress.ip_address(address.split("%")[0])
    if isinstance(number, ipaddress.IPv4Address):
        return number
    if number.ipv4_mapped is not None:
        return number.ipv4_mapped
    for network, shift in _TRANSLATED:
        if number in network and int(number) > 1:
            return ipaddress.IPv4Address((int(number) >> shift) & 0xFFFFFFFF)
    return number


def _reason(number: Address) -> str | None:
    """Why an address is not for tasks, in words; None when it is public."""
    if number in _METADATA or number == ipaddress.ip_address("169.254.169.254"):
        return "the metadata address of a cloud machine"
    kinds = (
        (number.is_loopback, "this machine itself"),
        (number.is_unspecified, "this machine itself"),
        (number.is_link_local, "a link-local address"),
        (number.is_multicast, "a multicast address"),
        (number.is_private, "a private address"),
        (not number.is_global, "not a public address"),
    )
    return next((reason for holds, reason in kinds if holds), None)
