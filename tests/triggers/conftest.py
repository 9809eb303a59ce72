"""A runner that drives what triggers start; whatever a trigger hands on must be told in the reference."""

from collections.abc import Iterator

import pytest

from builder.store import executions
from builder.store.executions import Filters
from builder.tasks.catalogue import catalogue
from tests.runtime.conftest import runner

__all__ = ["runner"]


@pytest.fixture(autouse=True)
def what_triggers_hand_on_is_documented(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if {"db", "transactional_db"} & set(request.fixturenames) or request.node.get_closest_marker("django_db"):
        for item in executions.search(Filters()).items:
            trigger = executions.load(item.id)[0].trigger or {}
            entry = catalogue().find(str(trigger.get("type")))
            model = entry.plugin.declared_outputs() if entry is not None and entry.kind == "trigger" else None
            if model is not None:
                assert set(trigger["variables"]) <= set(model.model_json_schema(mode="serialization")["properties"])
