"""Flows that are checked together: what a text of theirs says of a flow counts, and not what is stored of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from builder.flows.check import World

_Place = tuple[str, str]


class Together:
    """A world (see `check`) with these flows in it, before those of another one."""

    def __init__(self, written: Iterable[Any], stored: World) -> None:
        named = ((_place(flow), flow) for flow in written if isinstance(flow, Mapping))
        self._here: dict[_Place, Mapping[str, Any]] = {place: flow for place, flow in named if place is not None}
        self._stored = stored

    def flow_exists(self, namespace: str, id: str) -> bool:
        return (namespace, id) in self._here or self._stored.flow_exists(namespace, id)

    def flow_triggers(self) -> list[tuple[_Place, Mapping[str, Any]]]:
        on = ((place, flow.get("triggers")) for place, flow in self._here.items() if flow.get("disabled") is not True)
        mine = [(place, one) for place, written in on if isinstance(written, list) for one in written]
        return [*mine, *((place, one) for place, one in self._stored.flow_triggers() if place not in self._here)]

    def flow_map(self, namespace: str, id: str) -> Mapping[str, Any] | None:
        return self._here.get((namespace, id)) or self._stored.flow_map(namespace, id)

    def plugin_defaults(self) -> Sequence[Mapping[str, Any]]:
        return self._stored.plugin_defaults()


def _place(flow: Mapping[str, Any]) -> _Place | None:
    """None for a text that names no flow; its own check says so."""
    namespace, flow_id = flow.get("namespace"), flow.get("id")
    return (namespace, flow_id) if isinstance(namespace, str) and isinstance(flow_id, str) else None
