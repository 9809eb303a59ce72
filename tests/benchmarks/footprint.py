"""How long the product takes to start, and what it holds in memory when it has nothing to do."""

import subprocess
import sys
import time

from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Figure
from tests.benchmarks.processes import memory_mb, parts

SETTLED_SECONDS = 3


def start_up(bench: Bench) -> list[Figure]:
    return [
        Figure("second start until it is ready", bench.start_seconds, "s", 3),
        Figure("  processor time until then, all processes", bench.start_cpu_seconds, "s"),
        Figure("  floor: Python that imports Django and its apps", _bare_django(), "s"),
    ]


def _bare_django() -> float:
    code = "import django; from django.conf import settings; settings.configure(INSTALLED_APPS=" + (
        "['django.contrib.auth', 'django.contrib.contenttypes', 'django.contrib.sessions']); django.setup()"
    )
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.monotonic() - begun


def idle_memory(bench: Bench) -> list[Figure]:
    time.sleep(SETTLED_SECONDS)
    sizes = {name: memory_mb(pid) for name, pid in parts(bench.product).items()}
    return [
        Figure("idle memory, shared pages once (PSS)", sum(pss for _, pss in sizes.values()), "MB", 250,
               remark=", ".join(f"{name} {pss:.0f}" for name, (_, pss) in sizes.items())),
        Figure("  the same, shared pages in each (RSS)", sum(rss for rss, _ in sizes.values()), "MB",
               remark=", ".join(f"{name} {rss:.0f}" for name, (rss, _) in sizes.items())),
    ]  # fmt: skip
