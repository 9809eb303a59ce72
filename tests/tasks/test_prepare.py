"""How the task that really runs is made of what was written."""

from typing import Annotated, Any

import pytest

from builder.errors import TaskFailure
from builder.tasks.api import Duration, Field, Form, Outputs, Properties, Rendered, RunContext, SecretStr, Task
from builder.tasks.prepare import dump_outputs, prepare, secrets_of
from builder.tasks.testing import FakeContext, run_task


class Login(Properties):
    token: SecretStr | None = None
    tries: int | None = None
    pattern: Annotated[str | None, Rendered("raw")] = None


class Sample(Task):
    """A task with a property of each sort."""

    type_name = "tests.Sample"

    text: str = ""
    count: int | None = Field(None, ge=1)
    tags: list[str] = Field([])
    wait: Duration | None = None
    native: Annotated[Any, Rendered("typed")] = None
    template: Annotated[str, Rendered("raw")] = ""
    api_key: Annotated[SecretStr | None, Form(group="connection")] = None
    logins: list[Login] = Field([])
    login: Login | None = None

    async def run(self, context: RunContext) -> None: ...


def ready(variables: dict[str, Any] | None = None, **written: Any) -> Sample:
    return prepare(Sample, {"id": "a", "type": "t", **written}, FakeContext(variables=variables).render_now)


def test_every_text_is_rendered() -> None:
    task = ready({"x": "hi"}, text="{{ x }}!", tags=["{{ x }}", "b"])
    assert (task.text, task.tags) == ("hi!", ["hi", "b"])


def test_text_that_was_rendered_becomes_what_the_property_is() -> None:
    task = ready({"n": 5, "list": ["a", "b"], "time": "PT5M"}, count="{{ n }}", tags="{{ list }}", wait="{{ time }}")
    assert (task.count, task.tags) == (5, ["a", "b"])
    assert task.wait is not None and task.wait.total_seconds() == 300


def test_a_typed_property_keeps_its_native_value() -> None:
    assert ready({"x": {"a": [1, True]}}, native="{{ x }}").native == {"a": [1, True]}
    assert ready({"x": None}, native="{{ x }}").native is None


def test_a_raw_property_is_left_to_the_task() -> None:
    assert ready(template="{{ later }}").template == "{{ later }}"


def test_only_what_was_written_is_set() -> None:
    assert ready(text="x").model_fields_set == {"id", "type", "text"}


def test_an_empty_answer_leaves_a_number_unset() -> None:
    assert "count" not in ready({"n": None}, count="{{ n }}").model_fields_set


def test_sub_models_are_rendered_each_property_in_its_own_way() -> None:
    login = {"token": "{{ key }}", "tries": "{{ none }}", "pattern": "{{ later }}"}
    task = ready({"key": "k", "none": None}, login=login, logins=[login])
    assert task.login is not None and task.login.token is not None
    assert (task.login.token.get_secret_value(), task.login.tries, task.login.pattern) == ("k", None, "{{ later }}")
    assert task.logins == [task.login]


def test_a_template_inside_names_its_whole_path() -> None:
    with pytest.raises(TaskFailure, match=r"^logins\[0\]\.token: Unable to find"):
        ready(logins=[{"token": "{{ nothing }}"}])


def test_common_properties_are_the_engines() -> None:
    task = ready(text="x", runIf="{{ nothing.there }}", timeout="{{ nor.here }}", retry={"type": "constant"})
    assert task.run_if is None and task.retry is None


def test_a_value_that_does_not_fit_after_rendering_names_its_property() -> None:
    with pytest.raises(TaskFailure, match=r"^count must be a whole number$") as failure:
        ready({"n": "many"}, count="{{ n }}")
    assert not failure.value.retryable


def test_a_rendered_value_that_looks_like_a_template_is_judged_like_any_other() -> None:
    with pytest.raises(TaskFailure, match="count must be a whole number"):
        ready({"n": "{{ 5 }}"}, count="{{ n }}")


def test_a_template_that_cannot_be_rendered_names_its_property() -> None:
    with pytest.raises(TaskFailure, match=r"^text: Unable to find `nothing`"):
        ready(text="{{ nothing }}")


def test_all_secrets_are_found_also_in_lists() -> None:
    task = ready({"key": "k1"}, apiKey="{{ key }}", logins=[{"token": "k2"}, {}])
    assert secrets_of(task) == ["k1", "k2"]


async def test_the_double_runs_a_task_as_the_runner_does() -> None:
    class Hello(Outputs):
        full_name: str
        """Who."""

    class Greet(Task):
        """Greet."""

        type_name = "tests.Greet"
        name: str = ""

        def run(self, context: RunContext) -> Hello:
            context.log("INFO", f"hello {self.name}")
            return Hello(full_name=self.name)

    context = FakeContext(variables={"who": "Ann"})
    assert await run_task(Greet, "name: '{{ who }}'", context) == {"fullName": "Ann"}
    assert context.logs == [("INFO", "hello Ann")]


def test_outputs_become_json_values() -> None:
    assert dump_outputs(None) == {}
    assert dump_outputs({"a": [Login(token=None)]}) == {"a": [{"token": None, "tries": None, "pattern": None}]}
    with pytest.raises(TypeError, match="must return a pydantic model"):
        dump_outputs("text")
