"""A WorkingDirectory as it is written."""

from builder.flows.check import check
from builder.tasks.catalogue import catalogue


def test_a_working_directory_takes_runnable_tasks_alone():
    found = check("""
id: impossible
namespace: team
tasks:
  - id: dir
    type: io.kestra.plugin.core.flow.WorkingDirectory
    tasks:
      - {id: log, type: io.kestra.plugin.core.log.Log, message: x}
      - {id: pause, type: io.kestra.plugin.core.flow.Pause}
    errors:
      - id: seq
        type: io.kestra.plugin.core.flow.Sequential
        tasks: [{id: a, type: io.kestra.plugin.core.log.Log, message: x}]
  - id: empty
    type: io.kestra.plugin.core.flow.WorkingDirectory
    tasks: []
""", catalogue())  # fmt: skip
    assert [problem.message for problem in found.errors] == [
        "dir: Only runnable tasks are allowed as children of a WorkingDirectory task",
        "tasks: The 'tasks' property cannot be empty",
    ]
