"""One case of the corpus on stage: what it sets up, its flows, its steps, and what is seen after each."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from django.conf import settings

from tests.conformance.matching import match, run_of, runs, values_of
from tests.conformance.sights import Sights
from tests.conformance.stage import Record, Stage, content, state, upload

CORPUS = Path(settings.BASE_DIR).parent / "shared" / "corpus"


class Player(Sights):
    """Publishes, takes the steps and compares."""

    def __init__(self, stage: Stage, case: Mapping[str, Any], cases: Mapping[str, Mapping[str, Any]]) -> None:
        self.stage, self.case = stage, case
        self.setup = case.get("setup", {})
        self.inputs = self._real_inputs(_inputs_of(case, cases))
        self.flows: dict[str, Record] = {}
        self.named: dict[str, Record] = {}
        self.first: Record | None = None
        self.last: Record | None = None
        self.answered: Any = None
        self.marks: dict[str, str] = {}

    def source(self) -> str:
        if "inline" in self.case:
            return yaml.safe_dump(self.case["inline"], sort_keys=False)
        return (CORPUS / "flows" / self.case["flow"]).read_text()

    def play(self) -> None:
        getattr(self, f"play_{self.case['kind']}")()

    # kinds

    def play_execute(self) -> None:
        self._publish_all()
        for step in self.case.get("steps") or [{"do": "run"}]:
            self._take(step)
        if self.last is not None:
            self.compare({**self.case.get("derived", {}), **self.case["expect"]}, self.last)

    play_api = play_execute

    def play_resolve_inputs(self) -> None:
        self._publish_all()
        flow, expect = self.flow, self.case["expect"]
        path = f"executions/{flow['namespace']}/{flow['id']}"
        tried = self.stage.call("POST", path, self.inputs)
        said = content(tried)
        assert tried.status_code == (422 if expect.get("error") else 200), said
        message = json.loads(said).get("message", "")
        assert expect.get("message_contains", "") in message
        assert expect.get("message", "") in message
        self._compare_inputs(expect.get("inputs_resolved", {}), path)

    def _compare_inputs(self, expected: Mapping[str, Any], path: str) -> None:
        listed = self.stage.json("POST", f"{path}/validate", self.inputs)["inputs"]
        found = {one["input"]["id"]: one for one in listed}
        for name, wanted in expected.items():
            match(found[name], wanted, {})

    def play_validate(self) -> None:
        expect = self.case["expect"]
        (answer,) = self.stage.json("POST", "flows/validate", self.source(), "application/x-yaml")
        said = answer["constraints"] or ""
        assert (not said) is expect["valid"], said
        assert len(said.splitlines()) == expect.get("violations", len(said.splitlines())), said
        for text in expect.get("message_contains", ()):
            assert text in said
        if expect["valid"]:
            self._compare_flow(self.stage.publish(self.source()), expect)

    def _compare_flow(self, flow: Record, expect: Mapping[str, Any]) -> None:
        for path, wanted in expect.get("parsed", {}).items():
            found: Any = flow
            for key in re.findall(r"\w+", path):
                found = found[int(key) if key.isdigit() else key]
            assert (len(found) if isinstance(found, list) else found) == wanted, path
        wanted = {key: value for key, value in expect.get("json", {}).items() if key != "revision"}  # the server's own
        match(flow, {key: value for key, value in wanted.items() if key != "tasks"}, flow)
        assert flow["tasks"] == wanted.get("tasks", flow["tasks"])

    # what is there before

    @property
    def flow(self) -> Record:
        return next(iter(self.flows.values()))

    def _publish_all(self) -> None:
        others = [(CORPUS / "flows" / path).read_text() for path in self.case["also_needs"]]
        templates = [yaml.safe_dump(one) for one in self.setup.get("templates", ())]
        for source in (*templates, *reversed(others), self.source()):
            flow = self.stage.publish(source)
            self.flows = {flow["id"]: flow, **self.flows}
        for namespace, entries in self.setup.get("kv", {}).items():
            for key, value in entries.items():
                self.stage.json("PUT", f"namespaces/{namespace}/kv/{key}", value)
        for path, text in self.setup.get("namespace_files", {}).items():
            address = f"namespaces/{self.flow['namespace']}/files?path={quote(path)}"
            self.stage.json("POST", address, {"fileContent": upload(Path(path).name, text)})

    def _real_inputs(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {key: self._real(value) for key, value in inputs.items()}

    def _real(self, value: Any) -> Any:
        if not (isinstance(value, str) and value.startswith("$")):
            return value
        mark, _, rest = value[1:].partition(":")
        if mark == "UPLOAD":
            return upload(rest if "." in rest else "data.txt", "a: 1\n" if "." in rest else rest)
        if mark == "ID":
            return self.named[rest]["id"]
        if mark == "REPEAT":
            text, _, count = rest.partition("*")
            return text * int(count)
        file = self.setup["files"][mark]
        return upload("file.txt", "".join(f"{row:>20}\n" for row in range(file["rows"])))

    # steps

    def _take(self, step: Mapping[str, Any]) -> None:
        before, expected = self.last, dict(step.get("expect", {}))
        if expected.pop("error", False):
            try:
                getattr(self, f"do_{step['do']}")(step)
            except AssertionError:
                return
            raise AssertionError(f"{step['do']} was not refused")
        getattr(self, f"do_{step['do']}")(step)
        if step["do"] != "http" and self.last is not None:
            self.first = self.first or self.last
            self.compare(expected, self.last, before)
        if step.get("as") and self.last:
            self.named[step["as"]] = self.last

    def _begin(self, step: Mapping[str, Any]) -> str:
        flow = self.flows[step["flow"]] if "flow" in step else self.flow
        raw = self.case.get("inputs_mode") == "raw" or bool(self.case.get("missing_required_inputs"))
        inputs = {**self.inputs, **self._real_inputs(step.get("inputs", {}))}
        return self.stage.start_execution(flow, inputs, self.setup.get("execution_labels", {}), raw)

    def do_run(self, step: Mapping[str, Any]) -> None:
        self.last = self.stage.ended(self._begin(step))

    def do_run_until_paused(self, step: Mapping[str, Any]) -> None:
        self.last = self.stage.in_state(self._begin(step), "PAUSED")

    def do_run_until_running(self, step: Mapping[str, Any]) -> None:
        self.last = self.stage.when(
            self._begin(step), lambda record: "RUNNING" in [one["state"] for one in record["state"]["histories"]]
        )

    def do_await(self, step: Mapping[str, Any]) -> None:
        assert self.last is not None
        self.last = self.stage.ended((self.named[step["of"]] if "of" in step else self.last)["id"])

    def do_await_triggered(self, step: Mapping[str, Any]) -> None:
        (found, *_) = self.stage.found(f"flowId={step['flow']}")
        self.last = self.stage.ended(found["id"])

    def do_get(self, step: Mapping[str, Any]) -> None:
        """After a resume over the API, which answers before the runner has obeyed."""
        assert self.last is not None
        self.last = self.stage.when(self.last["id"], lambda record: state(record) != "PAUSED")

    def do_restart(self, step: Mapping[str, Any]) -> None:
        assert self.last is not None
        query = f"?revision={step['revision']}" if "revision" in step else ""
        self.last = self.stage.json("POST", f"executions/{self.last['id']}/restart{query}")

    def do_replay(self, step: Mapping[str, Any]) -> None:
        assert self.last is not None
        run = None
        if "from_index" in step:
            run = runs(self.last)[step["from_index"]]
        elif "from_task" in step:
            values = step.get("from_values")
            run = next(
                one
                for one in runs(self.last)
                if one["taskId"] == step["from_task"] and values in (None, values_of(self.last, one))
            )
        query = f"?taskRunId={run['id']}" if run else ""
        self.last = self.stage.json("POST", f"executions/{self.last['id']}/replay{query}")

    def do_update_flow(self, step: Mapping[str, Any]) -> None:
        """The first task becomes another one."""
        changed = yaml.safe_load(self.source())
        changed["tasks"][0] = {
            "id": changed["tasks"][0]["id"],
            "type": "io.kestra.plugin.core.debug.Return",
            "format": "new",
        }
        address = f"flows/{self.flow['namespace']}/{self.flow['id']}"
        self.stage.json("PUT", address, yaml.safe_dump(changed, sort_keys=False), "application/x-yaml")

    def do_resume(self, step: Mapping[str, Any]) -> None:
        """What follows shows the moment of the resume: the record as it was when RESTARTED was its latest state."""
        assert self.last is not None
        paused = self.last["id"]
        self.stage.json("POST", f"executions/{paused}/resume", self._real_inputs(step.get("inputs", {})))
        record = self.stage.when(paused, lambda one: "RESTARTED" in _history(one))
        upto = _history(record).index("RESTARTED") + 1
        histories = record["state"]["histories"][:upto]
        self.last = {**record, "state": {**record["state"], "current": "RESTARTED", "histories": histories}}

    # calls of the API

    def do_http(self, step: Mapping[str, Any]) -> None:
        path = re.sub(r"\$(NOW\+1S|TASKRUN:[\w-]+|ID)", lambda found: self._in_path(found[1]), step["path"])
        body = self._body(step.get("body", b""))
        self.answered = self.stage.call(
            step["method"], path, body, "text/plain" if isinstance(body, str) else "application/json"
        )
        said, expect = content(self.answered), step["expect"]
        assert self.answered.status_code == expect["status"], said[:2000]
        for text in expect.get("body_contains", ()):
            assert text in said
        if "json" in expect:
            self._compare_answer(json.loads(said), expect["json"])
        if "sse" in expect:
            _compare_events(said, expect["sse"])

    def _in_path(self, mark: str) -> str:
        if mark == "NOW+1S":
            self.marks["SAME"] = (
                (datetime.now(UTC) + timedelta(seconds=1)).isoformat(timespec="seconds").replace("+00:00", "Z")
            )
            return quote(self.marks["SAME"])
        assert self.last is not None
        if mark == "ID":
            return str(self.last["id"])
        which = mark.partition(":")[2]
        run = runs(self.last)[int(which)] if which.isdigit() else run_of(self.last, which)
        return str(run["id"])

    def _body(self, written: Any) -> Any:
        """The words of the corpus for a form, as the form."""
        if not isinstance(written, str) or not written.startswith("multipart"):
            return (
                written if not isinstance(written, str) or not written.startswith("$") else self._in_path(written[1:])
            )
        if written == "multipart inputs":
            return self.inputs
        parts: dict[str, Any] = {key: value for key, value in re.findall(r"(\w+)=([\w-]+)", written)}
        for name in re.findall(r"file part (?:named )?(\w+)", written):
            parts[name] = upload(name, "some text")
        return parts

    def _compare_answer(self, answer: Record, expected: Mapping[str, Any]) -> None:
        if "state" in answer and "taskRunList" not in answer:
            answer["taskRunList"] = []
        for key, value in expected.items():
            getattr(self, f"answer_{key}", self._answer_other)(value, answer, key)
        if "state" in answer:
            self.first, self.last = self.first or self.last, answer

    def _answer_other(self, value: Any, answer: Record, key: str) -> None:
        known = {"ID": (self.last or {}).get("id"), **self.marks}
        if isinstance(value, str) and value.startswith("$TASKRUN:") and self.last:
            value = self._in_path(value[1:])
        if hasattr(self, f"see_{key}") and "taskRunList" in answer and key not in ("outputs", "parentId"):
            self.compare({key: value}, answer, self.last)
        else:
            match(answer.get(key), value, answer, **known)

    def answer_labels_in_order(self, labels: list[list[str]], answer: Record, key: str) -> None:
        found = [[label["key"], label["value"]] for label in answer["labels"]]
        assert [label for label in found if not label[0].startswith("system.")] == labels

    def answer_labels_size(self, size: int, answer: Record, key: str) -> None:
        assert len(answer["labels"]) == size, answer["labels"]

    def answer_all_inputs_enabled(self, wanted: bool, answer: Record, key: str) -> None:
        assert all(one["enabled"] for one in answer["inputs"]) is wanted


def _inputs_of(case: Mapping[str, Any], cases: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Its own inputs, or those of another case, which may be kept back: then those of one that differs by one value."""
    inputs: Mapping[str, Any] = case.get("inputs") or {}
    if "$same_as" not in inputs:
        return inputs
    return cases.get(inputs["$same_as"], cases["inputs-flow"])["inputs"]  # type: ignore[no-any-return]


def _history(record: Record) -> list[str]:
    return [one["state"] for one in record["state"]["histories"]]


def _compare_events(text: str, expected: Mapping[str, Any]) -> None:
    events = [part.split("\n") for part in text.split("\n\n") if part.startswith("id: ")]
    assert len(events) >= expected["events_min"]
    assert events[-1][0] == "id: end"
    assert state(json.loads(events[-1][1].removeprefix("data: "))) == expected["last_state"]
