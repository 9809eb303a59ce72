"""What all executions of one runner share."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from builder.clock import Clock
from builder.runtime.live import Publisher
from builder.runtime.network import Network
from builder.runtime.runner.keeping.database import Database, Saver
from builder.runtime.world.folders import Folders


@dataclass(frozen=True, slots=True)
class Tools:
    """`threads`: for plain tasks that may block. `given`: what the installation gives to expressions."""

    clock: Clock
    database: Database
    saver: Saver
    publisher: Publisher
    network: Network
    threads: ThreadPoolExecutor
    given: Mapping[str, Any]
    folders: Folders
