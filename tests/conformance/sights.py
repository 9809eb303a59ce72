"""What a case expects of an execution's record: one method for each word it may use; an unknown word fails."""

import re
from collections.abc import Mapping
from typing import Any

from tests.conformance.matching import attempts, contains, looked_up, match, run_of, runs, values_of
from tests.conformance.stage import ENDS, Record, Stage, state


class Sights:
    """Compares records with what is written."""

    stage: Stage
    first: Record | None

    def compare(self, expected: Mapping[str, Any], record: Record, before: Record | None = None) -> None:
        for key, value in expected.items():
            if key != "notes":
                getattr(self, f"see_{key}")(value, record, before)

    def see_state(self, wanted: str, record: Record, before: Any) -> None:
        messages = [(run["taskId"], run["message"]) for run in runs(record) if run.get("message")]
        assert state(record) == wanted, (messages, record.get("message"))

    def see_not_state(self, unwanted: str, record: Record, before: Any) -> None:
        assert state(record) != unwanted

    def see_terminated(self, is_ended: bool, record: Record, before: Any) -> None:
        assert (state(record) in ENDS) is is_ended

    def see_taskruns(self, count: int, record: Record, before: Any) -> None:
        assert len(runs(record)) == count, [(run["taskId"], state(run)) for run in runs(record)]

    def see_taskruns_min(self, count: int, record: Record, before: Any) -> None:
        assert len(runs(record)) >= count

    def see_failed_taskruns_min(self, count: int, record: Record, before: Any) -> None:
        assert sum(state(run) == "FAILED" for run in runs(record)) >= count

    def see_attempts(self, counts: Mapping[str, int], record: Record, before: Any) -> None:
        assert {name: len(attempts(run_of(record, name))) for name in counts} == counts

    def see_order_attempts(self, counts: Mapping[Any, int], record: Record, before: Any) -> None:
        assert {index: len(attempts(_at(record, index))) for index in counts} == counts

    def see_order_attempts_min(self, counts: Mapping[Any, int], record: Record, before: Any) -> None:
        for index, count in counts.items():
            assert len(attempts(_at(record, index))) >= count

    def see_last_taskrun_attempts(self, count: int, record: Record, before: Any) -> None:
        assert len(attempts(_at(record, -1))) == count

    def see_order(self, order: Mapping[Any, str], record: Record, before: Any) -> None:
        assert {index: _at(record, index)["taskId"] for index in order} == order

    def see_order_states(self, states: Mapping[Any, str], record: Record, before: Any) -> None:
        assert {index: state(_at(record, index)) for index in states} == states

    def see_taskrun_states(self, states: Mapping[str, str], record: Record, before: Any) -> None:
        assert {name: state(run_of(record, name)) for name in states} == states

    def see_all_taskruns(self, wanted: str, record: Record, before: Any) -> None:
        assert {state(run) for run in runs(record)} == {wanted}

    def see_absent(self, names: list[str], record: Record, before: Any) -> None:
        assert not {run["taskId"] for run in runs(record)} & set(names)

    def see_outputs(self, outputs: Mapping[str, Any], record: Record, before: Any) -> None:
        for name, expected in outputs.items():
            of_task = [run for run in runs(record) if run["taskId"] == name]
            if len(of_task) == 1 and not values_of(record, of_task[0]):
                match(of_task[0].get("outputs"), expected, record)
            else:
                for value, inner in expected.items():
                    match(run_of(record, f"{name}[{value}]").get("outputs"), inner, record)

    def see_outputs_contain(self, outputs: Mapping[str, Any], record: Record, before: Any) -> None:
        for name, expected in outputs.items():
            contains(run_of(record, name).get("outputs"), expected, record)

    def see_outputs_by_value(self, outputs: Mapping[str, Any], record: Record, before: Any) -> None:
        for path, expected in outputs.items():
            match(looked_up(record, path), expected, record)

    see_outputs_contain_path = see_outputs_by_value

    def see_outputs_by_value_contain(self, outputs: Mapping[str, str], record: Record, before: Any) -> None:
        for path, expected in outputs.items():
            assert expected in str(looked_up(record, path))

    def see_outputs_path_equals(self, outputs: Mapping[str, Any], record: Record, before: Any) -> None:
        (child, *_) = self.stage.found(f"triggerExecutionId={record['id']}")
        for path, expected in outputs.items():
            match(looked_up(record, path), expected, record, CHILD_EXECUTION_ID=child["id"])

    def see_order_outputs(self, outputs: Mapping[Any, Any], record: Record, before: Any) -> None:
        for index, expected in outputs.items():
            found = _at(record, index).get("outputs")
            if expected is None:
                assert not found
            else:
                match(found, expected, record)

    def see_order_outputs_contain(self, outputs: Mapping[Any, Any], record: Record, before: Any) -> None:
        for index, expected in outputs.items():
            contains(_at(record, index).get("outputs"), expected, record)

    def see_outputs_file_content(self, files: Mapping[str, str], record: Record, before: Any) -> None:
        assert {path: self.stage.file(record["id"], looked_up(record, path)) for path in files} == files

    def see_outputs_file_lines(self, files: Mapping[str, int], record: Record, before: Any) -> None:
        read = {path: self.stage.file(record["id"], looked_up(record, path)) for path in files}
        assert {path: len(text.splitlines()) for path, text in read.items()} == files

    def see_first_taskrun_has_outputs(self, has: bool, record: Record, before: Any) -> None:
        assert bool(_at(record, 0).get("outputs")) is has

    def see_flow_outputs(self, outputs: Any, record: Record, before: Any) -> None:
        assert record.get("outputs") == outputs

    def see_relations(self, relations: list[str], record: Record, before: Any) -> None:
        """`path contains path`, or `path contains 'text' + path`."""
        for relation in relations:
            found = re.fullmatch(r"(.+) contains (?:'(.*)' \+ )?(.+)", relation)
            assert found
            assert (found[2] or "") + looked_up(record, found[3]) in looked_up(record, found[1]), relation

    def see_logs_contain(self, texts: list[str], record: Record, before: Any) -> None:
        said = [line["message"] for line in self.stage.logs(record["id"])]
        for text in texts:
            assert any(text in line for line in said), said

    def see_logs_by_task_contain(self, texts: Mapping[str, str], record: Record, before: Any) -> None:
        lines = self.stage.logs(record["id"])
        for task, text in texts.items():
            said = [line["message"] for line in lines if line.get("taskId") == task]
            assert any(text in line for line in said), said

    def see_log_file(self, expected: Mapping[str, Any], record: Record, before: Any) -> None:
        text = self.stage.file(record["id"], attempts(run_of(record, expected["task"]))[-1]["logFile"])
        assert len(text.splitlines()) == expected["lines"]
        assert all(part in text for part in expected["contains"]), text
        assert not [line for line in self.stage.logs(record["id"]) if line.get("taskId") == expected["task"]]

    def see_labels(self, labels: Mapping[str, str], record: Record, before: Any) -> None:
        assert set(_labels(record)) == set(labels)
        self.see_labels_include(labels, record, before)

    def see_labels_include(self, labels: Mapping[str, str], record: Record, before: Any) -> None:
        root = self.first or record
        for key, value in labels.items():
            match(_labels(record).get(key), value, record, ROOT_EXECUTION_ID=root["id"])

    def see_children(self, children: list[Mapping[str, Any]], record: Record, before: Any) -> None:
        for expected in children:
            count = expected.get("count", 1)
            found = self.stage.found(f"flowId={expected['flow']}&childFilter=CHILD", count)
            assert len(found) == count
            child = self.stage.ended(found[0]["id"])
            trigger = child.get("trigger") or {}
            assert trigger["type"] == expected.get("trigger_type", trigger["type"])
            match(trigger.get("variables"), expected.get("trigger_vars", {}), record)
            for key, value in expected.get("labels", {}).items():
                match(_labels(child).get(key), value, record)
            assert set(_labels(child)) == set(expected.get("labels", _labels(child)))
            apart = ("flow", "count", "labels", "trigger_type", "trigger_vars")
            self.compare({key: value for key, value in expected.items() if key not in apart}, child)

    def see_triggered(self, flows: list[Mapping[str, Any]], record: Record, before: Any) -> None:
        for expected in flows:
            found = self.stage.found(f"flowId={expected['flow']}", expected["count"])
            assert len(found) == expected["count"]
            ended = [self.stage.ended(one["id"]) for one in found]
            wanted = expected.get("flow_outputs_in_order")
            if wanted:
                assert [one.get("outputs") for one in ended] == wanted

    def see_executions_final_states(self, states: list[str], record: Record, before: Any) -> None:
        found = self.stage.found(f"flowId={record['flowId']}", len(states))
        assert [state(self.stage.ended(one["id"])) for one in found] == states

    def see_history_len(self, length: int, record: Record, before: Any) -> None:
        assert len(record["state"]["histories"]) == length, record["state"]

    def see_history_prefix(self, states: list[str], record: Record, before: Any) -> None:
        assert [step["state"] for step in record["state"]["histories"]][: len(states)] == states

    def see_same_execution_id(self, same: bool, record: Record, before: Record) -> None:
        assert (record["id"] == before["id"]) is same

    def see_same_taskrun_ids(self, same: bool, record: Record, before: Record) -> None:
        assert ({run["id"] for run in runs(record)} <= {run["id"] for run in runs(before)}) is same

    def see_new_taskrun_ids(self, new: bool, record: Record, before: Record) -> None:
        assert {run["id"] for run in runs(record)}.isdisjoint({run["id"] for run in runs(before)}) is new

    def see_parentId(self, parent: Any, record: Record, before: Any) -> None:
        assert record.get("parentId") == (self.first["id"] if parent and self.first else None)

    def see_trigger_vars(self, variables: Mapping[str, Any], record: Record, before: Record) -> None:
        match(record["trigger"]["variables"], variables, record, EXECUTION_ID_OF_B=before["id"])

    def see_triggered_count(self, count: int, record: Record, before: Any) -> None:
        page = self.stage.json("GET", "executions/search?size=200")
        assert sum(bool(one.get("trigger")) for one in page["results"]) == count


def _at(record: Record, index: Any) -> Record:
    return runs(record)[int(index)]


def _labels(record: Record) -> dict[str, str]:
    first: dict[str, str] = {}
    for label in record.get("labels") or []:
        first.setdefault(label["key"], label["value"])
    return first
