"""What must hold after every row, whatever was done to the product (the plan's I1 to I8)."""

import base64
import json
import math
import os
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.faults import flows
from tests.faults.counter import CounterServer
from tests.faults.lab import TERMINAL, Lab, Record
from tests.faults.load import Load, pages
from tests.faults.parts import PATIENCE_SECONDS, wait_until
from tests.faults.product import PLANTED_SECRET, Product

MEMORY_MB = 50
CALM = "warm"
"""The namespace of the flow that goes on while nothing is broken."""
PAGE_SECONDS = 1.0
ROUNDS = 10


@dataclass
class Invariants:
    """Keeps what ended, so that it can be looked at again: an end never changes by itself."""

    product: Product
    lab: Lab
    counter: CounterServer
    memory_at_first: dict[str, float] = field(default_factory=dict)
    page_seconds: list[float] = field(default_factory=list)
    """How long lists and editor took while nothing was broken."""
    _ends: dict[str, str] = field(default_factory=dict)

    def note_memory(self) -> None:
        """What the parts hold before anything was done to them, by kind."""
        for part in self.product.parts:
            if part.is_alive:
                self.memory_at_first[part.kind] = max(part.memory_mb, self.memory_at_first.get(part.kind, 0.0))

    def check(
        self, namespace: str, load: Load | None, *, waiting: Iterable[str] = (), copies_may_overlap: bool = False
    ) -> None:
        """`waiting`: executions that rightly wait for a person or a date; `copies_may_overlap`: a process was frozen,
        and its call stayed open."""
        kept = frozenset(waiting)
        records = self.all_end(namespace, load, kept)
        self.each_slot_once(records)
        self.attempts_tell_all(records, copies_may_overlap)
        self.ends_stay()
        self.pages_explain(load)
        self.secret_stays_inside()
        self.memory_comes_back()
        self.nothing_is_left_over()
        self.pages_answer()

    def all_end(self, namespace: str, load: Load | None, waiting: frozenset[str]) -> list[Record]:
        """I1: each execution that was answered with an id is there, and all end."""
        records: list[Record] = []

        def ended() -> bool:
            self.product.tend()
            records[:] = self.lab.found(namespace)
            return all(self._state(one) in TERMINAL for one in records if one["id"] not in waiting)

        try:
            wait_until(ended, f"I1: all executions of {namespace} end", PATIENCE_SECONDS)
        except AssertionError as error:
            live = {one["id"]: self._state(one) for one in records if self._state(one) not in TERMINAL}
            raise AssertionError(f"{error}; of {len(records)} there go on {json.dumps(live)[:600]}") from None
        there = {one["id"] for one in records}
        lost = [] if load is None else [id for id in load.answered.values() if id not in there]
        assert not lost, f"I1: answered with an id, and not there: {lost}"
        if load is not None:
            failed = [one for one in records if one["flowId"] == load.flow_id and self._state(one) != "SUCCESS"]
            assert not failed, f"I1: executions of the load failed: {json.dumps(failed)[:600]}"
        self._ends |= {one["id"]: self._end_of(one) for one in records if self._state(one) in TERMINAL}
        return records

    def each_slot_once(self, records: list[Record]) -> None:
        """I2: one execution for each (trigger, slot)."""
        slots = Counter(
            (one["namespace"], one["flowId"], one["trigger"]["id"], one["trigger"]["variables"].get("date"))
            for one in records
            if one.get("trigger") and "date" in (one["trigger"].get("variables") or {})
        )
        twice = {slot: count for slot, count in slots.items() if count > 1}
        assert not twice, f"I2: started more than once for one slot: {twice}"

    def attempts_tell_all(self, records: list[Record], copies_may_overlap: bool) -> None:
        """I3: every start that the counter saw is an attempt on record, a call that succeeded was started, and no two
        copies of one task run were alive at once."""
        for one in records:
            starts = self.counter.by_key(f"{one['id']}/")
            for run in self.lab.execution(one["id"]).get("taskRunList") or []:
                seen, recorded = starts[f"{one['id']}/{run['id']}"], len(run.get("attempts") or [])
                where = f"{one['namespace']}.{one['flowId']} {one['id']} {run['taskId']}"
                assert seen <= recorded, f"I3: {where} was started {seen} times, {recorded} attempts are on record"
                is_call = run["taskId"].startswith(flows.CALLS)
                assert seen or not is_call or self._state(run) != "SUCCESS", f"I3: {where} has never been started"
            overlaps = [] if copies_may_overlap else self.counter.overlaps(f"{one['id']}/")
            assert not overlaps, f"I3: two copies at once of {overlaps}"

    def ends_stay(self) -> None:
        """I4: what had ended, in this row or an earlier one, is as it was."""
        now = {one["id"]: self._end_of(one) for one in self.lab.found()}
        changed = {id: (end, now.get(id)) for id, end in self._ends.items() if now.get(id) != end}
        assert not changed, f"I4: ends that changed: {changed}"

    def pages_explain(self, load: Load | None) -> None:
        """I5: no answer of 5xx without a reason."""
        assert load is None or not load.errors, f"I5: {load.errors[:3]}"

    def pages_answer(self) -> None:
        """I5: outside of faults, while executions go on, lists and editor answer within a second, 95 of 100 times.

        Where more programs want to run than there are processors it takes as many times longer."""
        self.lab.save(flows.slow(CALM, self.counter.url))
        going_on = [self.lab.run(CALM, "slow") for _ in range(3)]
        looked_at = pages(CALM, "slow")
        for path in looked_at:
            self.lab.page(path)  # what a process does once, at its first call, is done
        seconds = [self._seconds_of(path) for path in looked_at * ROUNDS]
        self.page_seconds += seconds
        bound = PAGE_SECONDS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        found = p95(seconds)
        assert found < bound, f"I5: lists and editor took {found:.2f} s, and may take {bound:.2f} s"
        for one in going_on:
            self.lab.wait(one, "SUCCESS")

    def _seconds_of(self, path: str) -> float:
        began = time.monotonic()
        status, text = self.lab.page(path)
        assert status == 200, f"I5: {path} was answered with {status}: {text[:300]}"
        return time.monotonic() - began

    def secret_stays_inside(self) -> None:
        """I6: a secret that a flow read is nowhere on the disk, in no form."""
        dump = self.product.dump()
        for form in secret_forms():
            assert form not in dump, f"I6: the planted secret is on the disk as {form!r}"

    def memory_comes_back(self) -> None:
        """I7: web, worker and scheduler hold no more than MEMORY_MB above what they began with."""

        def grown() -> dict[str, float]:
            return {
                part.name: part.memory_mb - self.memory_at_first[part.kind]
                for part in self.product.parts
                if part.is_alive and part.kind != "valkey" and part.kind in self.memory_at_first
            }

        wait_until(
            lambda: all(mb <= MEMORY_MB for mb in grown().values()), f"I7: memory comes back (grown by {grown()} MB)"
        )

    def nothing_is_left_over(self) -> None:
        """I8: no process beside the parts."""
        wait_until(lambda: not self.product.strangers(), f"I8: no process is left over ({self.product.strangers()})")

    @staticmethod
    def _state(record: Record) -> str:
        return str(record["state"]["current"])

    @staticmethod
    def _end_of(record: Record) -> str:
        return json.dumps(record["state"], sort_keys=True)


def secret_forms() -> list[bytes]:
    """As it is (which is its form in an address too), and in base64."""
    plain = PLANTED_SECRET.encode()
    return [plain, base64.b64encode(plain)]


def p95(seconds: Sequence[float]) -> float:
    """What 95 of 100 do not exceed."""
    return sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1]
