"""What the product's processes use: processor time and memory, read from /proc."""

import os
from pathlib import Path

from tests.doubles.product import Product

_TICKS = os.sysconf("SC_CLK_TCK")
_PARTS = {" web ": "web", " worker ": "worker", " scheduler": "scheduler", "valkey-server": "valkey", " up ": "up"}


def parts(product: Product) -> dict[str, int]:
    """The process ids by the part's name."""
    found: dict[str, int] = {}
    for pid, command in product.processes().items():
        for mark, name in _PARTS.items():
            if mark in f" {command} " and name not in found:
                found[name] = pid
                break
    return found


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident and proportional megabytes; the second counts pages shared by processes once."""
    sizes = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("Rss", "Pss"):
            sizes[name] = int(rest.split()[0]) / 1024
    return sizes["Rss"], sizes["Pss"]
