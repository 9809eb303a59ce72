"""Names looked up in threads that no event loop waits for: a loop that ends waits for those of its own."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

_threads = ThreadPoolExecutor(32, thread_name_prefix="names")
_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class Resolver(AbstractResolver):
    """Asks as the machine does; whoever stops waiting is not held by a slow name server."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        ask = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        found = await asyncio.get_running_loop().run_in_executor(_threads, ask)
        return [
            ResolveResult(
                hostname=host,
                host=_with_zone(address),
                port=int(address[1]),
                family=kind,
                proto=protocol,
                flags=_NUMERIC,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """The threads are shared."""


def _with_zone(address: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]) -> str:
    """A link-local address names its link too."""
    zone = address[3] if len(address) == 4 else 0
    return f"{address[0]!s}%{zone}" if zone else str(address[0])
