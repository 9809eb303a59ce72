"""Which other flows a flow is sure to call when it runs: what stands behind a condition, or fails, is left out."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from builder.errors import Path
from builder.flows.catalogue import Catalogue

CALLS = {
    "io.kestra.plugin.core.flow.Subflow": "flowId",
    "io.kestra.plugin.core.flow.ForEachItem": "flowId",
    "io.kestra.plugin.core.flow.Template": "templateId",
}
"""The tasks that name another flow, each with the property that does."""
_ALWAYS = ("tasks", "finally", "afterExecution")
_OWN_NAMESPACE = re.compile(r"\{\{\s*flow\.namespace\s*\}\}")


def sure_calls(flow: Mapping[str, Any], namespace: str, catalogue: Catalogue) -> Iterator[tuple[tuple[str, str], Path]]:
    """Namespace and id of each, with the place of its name; those that are only known when it runs are left out."""
    for key in _ALWAYS:
        tasks = flow.get(key)
        for index, task in enumerate(tasks if isinstance(tasks, list) else ()):
            yield from _of_task(task, (key, index), namespace, catalogue)


def _of_task(task: Any, path: Path, namespace: str, catalogue: Catalogue) -> Iterator[tuple[tuple[str, str], Path]]:
    if not isinstance(task, Mapping) or task.get("disabled") is True or task.get("runIf") is not None:
        return
    found = catalogue.find(str(task.get("type")))
    if found is None:
        return
    if found.name in CALLS:
        key = CALLS[found.name]
        called = (_OWN_NAMESPACE.sub(namespace, str(task.get("namespace"))), str(task.get(key)))
        if "{" not in "".join(called):
            yield called, (*path, key)
    for group in found.groups(task):
        for inside, child in group.tasks if group.name == "tasks" else ():
            yield from _of_task(child, (*path, *inside), namespace, catalogue)
