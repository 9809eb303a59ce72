"""Functions that read a text as a value, render one, or show the variables."""

from collections.abc import Mapping
from typing import Any

from builder.expressions.evaluation.arguments import only_text, whole
from builder.expressions.evaluation.nested import rendered
from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError
from builder.expressions.registry import function
from builder.expressions.values import read_json
from builder.expressions.written.ion import read_ion
from builder.expressions.written.yaml_read import read_yaml


@function("fromJson json", "The value of a JSON text.", "{{ fromJson('{\"a\": [1]}').a[0] }}", "1")
def from_json(session: Session, json: Any) -> Any:
    return None if json is None else read_json(only_text(json, "The value of fromJson"), session.budget)


@function("fromIon", "The first row of an Ion text, or all of them.", "{{ fromIon('{a: 1}').a }}", "1")
def from_ion(session: Session, ion: Any, all_rows: Any = False) -> Any:
    if ion is None:
        return None
    rows = read_ion(only_text(ion, "The value of fromIon"), session.budget)
    return rows if all_rows is True else (rows[0] if rows else None)


@function("yaml", "The value of a YAML text.", "{{ yaml('a: [1, 2]').a[1] }}", "2")
def yaml(session: Session, yaml: Any) -> Any:
    return None if yaml is None else read_yaml(only_text(yaml, "The value of yaml"), session.budget)


@function("render", "Renders the text of a value, again and again until nothing changes.", "{{ render('a') }}", "a")
def render(session: Session, to_render: Any, recursive: Any = True) -> Any:
    return rendered(session, to_render, recursive=recursive is not False)


@function("renderOnce", "Renders the text of a value, once.", "{{ renderOnce('a') }}", "a")
def render_once(session: Session, to_render: Any) -> Any:
    return rendered(session, to_render, recursive=False)


@function("fetchContext printContext", "All variables as a map.", "{{ fetchContext().inputs }}", None)
def fetch_context(session: Session) -> Any:
    return session.variables


@function("currentEachOutput", "The outputs of a task in the current iteration of its loops.",
          "{{ currentEachOutput(outputs.fetch).value }}", None)  # fmt: skip
def current_each_output(session: Session, outputs: Any) -> Any:
    if not isinstance(outputs, Mapping):
        raise ExpressionError("The 'currentEachOutput' function expects an argument 'outputs' with type map.")
    keys = [each["taskrun"].get("value") for each in reversed(_list(session, "parents")) if each.get("taskrun")]
    taskrun = session.get("taskrun") if session.has("taskrun") else {}
    for key in [*keys, taskrun.get("value")]:
        if not isinstance(outputs, Mapping) or key not in outputs:
            raise ExpressionError("No execution outputs for the current task runs path")
        outputs = outputs[key]
    return outputs


def _list(session: Session, name: str) -> list[Any]:
    value = session.get(name) if session.has(name) else None
    return value if isinstance(value, list) else []


@function("parentOutput", "The outputs of the parent task run, or of the one so many levels further out.",
          "{{ parentOutput().item }}", None)  # fmt: skip
def parent_output(session: Session, index: Any = 0) -> Any:
    parents, place = _list(session, "parents"), whole(index, "The index")
    return parents[place].get("outputs") if 0 <= place < len(parents) else None


@function("iterationOutput", "The outputs of an earlier iteration: this task's in the one before, unless said.",
          "{{ iterationOutput('fetch', 0).body }}", None)  # fmt: skip
def iteration_output(session: Session, task_id: Any = None, iteration: Any = None) -> Any:
    outputs, taskrun = _map(session, "outputs"), _map(session, "taskrun")
    name = _map(session, "task").get("id") if task_id is None else task_id
    rows: Any = outputs.get(only_text(name, "taskId"))
    keys = [each["taskrun"].get("value") for each in reversed(_list(session, "parents")) if each.get("taskrun")]
    for key in keys:
        rows = rows.get(key, rows) if isinstance(rows, Mapping) else None
    if not isinstance(rows, Mapping):
        return None
    known = list(rows)
    here = known.index(taskrun.get("value")) if taskrun.get("value") in known else len(known)
    place = here - 1 if iteration is None else whole(iteration, "The iteration")
    return rows[known[place]] if 0 <= place < len(known) else None


def _map(session: Session, name: str) -> Mapping[str, Any]:
    value = session.get(name) if session.has(name) else None
    return value if isinstance(value, Mapping) else {}


@function("env", "A variable of `envs`, or a default.", "{{ env('region', 'eu') }}", "eu")
def env(session: Session, name: Any, default: Any = None) -> Any:
    envs = session.get("envs") if session.has("envs") else {}
    found = envs.get(only_text(name, "The name").lower()) if isinstance(envs, Mapping) else None
    return default if found in (None, "") else found


@function("loopOutputs", "One output of every iteration of a Loop, as a list.",
          "{{ loopOutputs(outputs.loop, 'summary') }}", None)  # fmt: skip
def loop_outputs(session: Session, outputs: Any, name: Any) -> list[Any]:
    rows = outputs.get("outputs") if isinstance(outputs, Mapping) else outputs
    if not isinstance(rows, list):
        raise ExpressionError("loopOutputs needs the outputs of a Loop task")
    session.budget.items(len(rows))
    inner = [row.get("outputs") if isinstance(row, Mapping) else None for row in rows]
    return [each.get(only_text(name, "The name")) if isinstance(each, Mapping) else None for each in inner]


@function("tasksWithState", "The task runs in a state.", "{{ tasksWithState('FAILED') }}", None)
def tasks_with_state(session: Session, state: Any) -> list[dict[str, Any]]:
    wanted, found = only_text(state, "The state").upper(), []
    tasks = session.get("tasks") if session.has("tasks") else {}
    for task_id, entry in tasks.items() if isinstance(tasks, Mapping) else ():
        runs = {None: entry} if "state" in entry else entry
        found += [{"taskId": task_id, "state": wanted, **({} if value is None else {"value": value})}
                  for value, run in runs.items() if run.get("state") == wanted]  # fmt: skip
    return found
