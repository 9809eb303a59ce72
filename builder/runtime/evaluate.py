"""Renders templates for a running execution. Keys, secrets and files are read by blocking, so those need a thread."""

import os
from collections.abc import Callable, Container, Mapping
from copy import copy
from typing import Any

from django.conf import settings

from builder.clock import Clock
from builder.expressions import Limits, render_value
from builder.runtime.files import storage
from builder.runtime.masking import Masker
from builder.runtime.world.asking import Answers
from builder.store import namespace_files
from builder.store.contents import Located
from builder.store.lookups import StoredLookups


class RuntimeLookups(StoredLookups):
    """The world of one execution, for expressions (`builder.expressions.Lookups`). All of it blocks.

    `files_of`: the executions whose files may be read. `unsaved_errors`: error lines that are not in the database yet.
    """

    def __init__(
        self, execution_id: str, namespace: str, files_of: Container[str], masker: Masker, clock: Clock,
        unsaved_errors: Callable[[], list[dict[str, Any]]], *, kv_missing_is_null: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            namespace,
            clock.now,
            execution_id=execution_id,
            on_secret=lambda value: masker.add([value]),
            kv_missing_is_null=kv_missing_is_null,
        )
        self.files_of = files_of
        self._unsaved_errors = unsaved_errors

    def knowing(self, answers: Answers) -> "RuntimeLookups":
        """The same world, in one rendering that http() may interrupt (see `builder.runtime.world.asking`)."""
        known = copy(self)
        known._ask = answers.of
        return known

    def error_logs(self) -> list[dict[str, Any]]:
        return super().error_logs() + self._unsaved_errors()

    def located(self, path: str, namespace: str | None = None, revision: int | None = None) -> Located:
        """Files of executions too, as far as this one may see them."""
        where = namespace_files.address(path, namespace or self._namespace, revision)
        return storage.locate(path, self.files_of) if where is None else namespace_files.located(where)


def render(value: Any, seen: Mapping[str, Any], lookups: StoredLookups | None, clock: Clock, *, typed: bool) -> Any:
    """All templates of a structure rendered once. Raises ExpressionError."""
    limits = Limits(seconds=settings.MILLSTREAM["EXPRESSION_SECONDS"])
    return render_value(value, seen, lookups, typed=typed, now=clock.now(), limits=limits)


def given_here() -> dict[str, Mapping[str, Any]]:
    """What this installation gives to every expression."""
    ours = {"url": settings.MILLSTREAM["URL"], "environment": settings.MILLSTREAM["ENVIRONMENT"]}
    return {"globals": given_globals(), "envs": given_envs(), "kestra": ours}


def given_globals() -> dict[str, Any]:
    """`globals`: what this installation gives to every flow. The demo model wants no key, but clients send one."""
    url = settings.MILLSTREAM["DEMO_MODEL_URL"]
    demo = {"demo_model": {"base_url": url, "api_key": "the-demo-model-needs-none"}} if url else {}
    return {**demo, **settings.MILLSTREAM["GLOBALS"]}


def given_envs() -> dict[str, str]:
    """`envs`: the environment variables named by MILLSTREAM_ENV_PREFIXES, without prefix, in lower case."""
    found = {}
    for prefix in settings.MILLSTREAM["ENV_PREFIXES"]:
        for name, value in os.environ.items():
            if name.startswith(prefix) and len(name) > len(prefix):
                found[name[len(prefix) :].lower()] = value
    return found
