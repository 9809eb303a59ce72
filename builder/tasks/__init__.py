"""Task and trigger types, and where they come from; nothing heavy is imported until the catalogue is asked for."""

from collections.abc import Sequence

TASK_PACKAGES = ("builder.tasks.core", "builder.tasks.http", "builder.tasks.mail", "tasks_openai")
"""The packages that come with the product; the settings add packages of one's own."""

_in_use: list[tuple[str, ...]] = [TASK_PACKAGES]


def use_packages(packages: Sequence[str]) -> None:
    """Says, once at start-up, which packages `builder.tasks.catalogue.catalogue()` reads."""
    _in_use[0] = tuple(packages)


def packages_in_use() -> tuple[str, ...]:
    """The packages that were named at start-up."""
    return _in_use[0]
