"""What the checker says of properties as written."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest

from builder.errors import Fault, Severity
from builder.tasks.api import (
    Field,
    Form,
    InstillTask,
    Properties,
    SecretStr,
    Task,
    ToolTask,
    WrongProperty,
    field_validator,
    model_validator,
)
from builder.tasks.check import check_written
from builder.tasks.core.log.log import Log
from builder.tasks.http.request import Request


class Part(Properties):
    content: str
    tokens: int = Field(1, ge=1, le=9)


class Sample(Task):
    """A task with a property of each sort."""

    type_name = "tests.Sample"

    count: int | None = Field(None, ge=1, le=9)
    share: float | None = Field(None, gt=0, lt=1)
    tags: list[str] = Field([], max_length=2)
    headers: dict[str, str] = Field({})
    mode: Literal["FAST", "SLOW"] = "FAST"
    parts: str | list[Part] | None = None
    part: Part | None = None
    anything: Any = None
    api_key: Annotated[SecretStr | None, Form(group="connection")] = None


def said(cls: type[Task], **written: Any) -> list[str]:
    return [fault.message for fault in faults(cls, **written) if fault.severity is Severity.ERROR]


def faults(cls: type[Task], **written: Any) -> list[Fault]:
    return check_written(cls, {"id": "a", "type": "t", **written})


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"count": "many"}, "count must be a whole number"),
        ({"count": 1.5}, "count must be a whole number"),
        ({"count": 10}, "count must be at most 9"),
        ({"count": 0}, "count must be at least 1"),
        ({"share": 1}, "share must be less than 1.0"),
        ({"share": "half"}, "share must be a number"),
        ({"tags": "one"}, "tags must be a list"),
        ({"tags": ["a", {}]}, "tags[1] must be text"),
        ({"tags": ["a", "b", "c"]}, "tags must have at most 2 entries"),
        ({"headers": ["a"]}, "headers must be a map of names and values"),
        ({"mode": "QUICK"}, "mode must be one of FAST, SLOW"),
        ({"part": {"tokens": 2}}, "part needs content"),
        ({"part": {"content": "x", "tokens": 99}}, "part.tokens must be at most 9"),
        ({"parts": [{"content": "x", "tokens": "no"}]}, "parts[0].tokens must be a whole number"),
        ({"parts": 5.5j}, "parts must be text or a list"),
        ({"part": {"contents": "x"}}, 'part has no property "contents"'),
        ({"timeout": 60}, "timeout: a duration is written as ISO-8601, such as PT30S, PT5M or P1D"),
        ({"disabled": "perhaps"}, "disabled must be true or false"),
        ({"id": "a b"}, "id must match the pattern ^[a-zA-Z0-9][a-zA-Z0-9_-]*$"),
    ],
)
def test_it_says_in_words_what_is_wrong(written: dict[str, Any], message: str) -> None:
    assert said(Sample, **written) == [message]


@pytest.mark.parametrize(
    "written",
    [
        {"count": "{{ inputs.n }}"},
        {"count": "{% if true %}1{% endif %}"},
        {"tags": "{{ outputs.a.value }}"},
        {"tags": ["{{ x }}", "b"]},
        {"mode": "{{ inputs.mode }}"},
        {"part": "{{ outputs.a }}"},
        {"parts": [{"content": "x", "tokens": "{{ n }}"}]},
        {"timeout": "{{ inputs.limit }}"},
        {"retry": {"type": "constant", "interval": "{{ x }}", "maxAttempts": "{{ n }}"}},
        {"disabled": "{{ inputs.off }}"},
        {"retry": {"type": "{{ x }}", "interval": "PT1S"}},
        {"count": "5"},
        {"tags": '["a", "b"]'},
        {"headers": '{"a": "b"}'},
        {"headers": {"a": 1}},
        {"part": None},
        {"anything": {"deep": [1, None]}},
    ],
)
def test_templates_and_yaml_habits_pass(written: dict[str, Any]) -> None:
    assert said(Sample, **written) == []


def test_an_unknown_key_is_refused_with_the_nearest_known_one() -> None:
    assert faults(Log, mesage="hi") == [Fault(("mesage",), 'Log has no property "mesage"', "Did you mean message?")]


def test_a_python_name_is_no_yaml_name() -> None:
    assert [fault.hint for fault in faults(Log, message="hi", allow_failure=True)] == ["Did you mean allowFailure?"]


def test_a_missing_property_is_named() -> None:
    assert faults(Log) == [Fault(("message",), "Log needs message")]


@pytest.mark.parametrize(
    ("retry", "path", "message"),
    [
        (
            {"type": "constant", "interval": "PT1S", "maxAttempts": "many"},
            ("retry", "maxAttempts"),
            "retry.maxAttempt (or maxAttempts) must be a whole number",
        ),
        (
            {"type": "constant", "interval": "PT1S", "maxAttempt": 0},
            ("retry", "maxAttempt"),
            "retry.maxAttempt (or maxAttempts) must be at least 1",
        ),
        ({"type": "constant"}, ("retry", "interval"), "retry needs interval"),
        ({"type": "never"}, ("retry",), "retry must have a type out of constant, exponential, random"),
        ({"interval": "PT1S"}, ("retry",), "retry needs type"),
        (
            {"type": "constant", "interval": "PT9S", "maxDuration": "PT1S"},
            ("retry",),
            "retry: interval must be shorter than maxDuration",
        ),
        (
            {"type": "constant", "interval": "soon"},
            ("retry", "interval"),
            'retry.interval: "soon" is not a duration: write it as ISO-8601, such as PT30S, PT5M or P1D',
        ),
        (5, ("retry",), "retry must be a map of names and values"),
    ],
)
def test_it_checks_retries(retry: Any, path: tuple[str, ...], message: str) -> None:
    assert [(fault.path, fault.message) for fault in faults(Log, message="x", retry=retry)] == [(path, message)]


class Nap(Task):
    """Wait."""

    type_name = "tests.Nap"
    duration: Annotated[str, Form("duration")]
    steps: list[int] = Field([])

    @model_validator(mode="after")
    def _rising(self) -> "Nap":
        for place, step in enumerate(self.steps[1:]):
            if step < self.steps[place]:
                raise WrongProperty(("steps", place + 1), "the steps must rise")
        return self


@pytest.mark.parametrize(
    ("duration", "message"),
    [
        ("-PT5S", 'duration: "-PT5S" is negative: the duration must be positive'),
        ("P999999999D", 'duration: "P999999999D" is longer than the limit of PT876600H'),
    ],
)
def test_a_duration_that_is_kept_as_text_is_checked_too(duration: str, message: str) -> None:
    assert said(Nap, duration=duration) == [message]
    assert said(Nap, duration="{{ inputs.wait }}") == []


def test_a_check_of_the_whole_type_can_point_at_a_property() -> None:
    assert [(fault.path, fault.message) for fault in faults(Nap, duration="PT1S", steps=[1, 3, 2])] == [
        (("steps", 2), "steps[2]: the steps must rise")
    ]


def test_a_secret_in_plain_text_is_warned_of_without_repeating_it() -> None:
    (fault,) = faults(Sample, apiKey="sk-proj-AAAAAAAAAAAAAAAAAAAA")
    assert fault.severity is Severity.WARNING
    assert "secret(" in fault.message and "sk-" not in fault.message


def test_a_secret_inside_an_option_is_warned_of_too() -> None:
    (fault,) = faults(Request, uri="https://x.y", options={"auth": {"type": "BEARER", "token": "abc"}})
    assert (fault.path, fault.severity) == (("options", "auth", "token"), Severity.WARNING)


def test_a_check_that_breaks_is_a_fault_of_its_own() -> None:
    class Broken(Task):
        """Broken."""

        type_name = "tests.Broken"
        value: str = ""

        @field_validator("value")
        @classmethod
        def _break(cls, value: str) -> str:
            raise KeyError(value)

    assert said(Broken, value="x") == ["Broken could not be checked, its own check broke: KeyError('x')"]


def test_properties_of_kestras_server_are_accepted_with_a_warning() -> None:
    (fault,) = faults(Log, message="x", workerGroup={"key": "gpu"})
    assert (fault.severity, fault.message) == (Severity.WARNING, "workerGroup has no effect here")


def test_each_vocabulary_has_its_own_keys_and_the_common_ones() -> None:
    class Kebab(InstillTask):
        """Kebab."""

        type_name = "tests.Kebab"
        max_tokens: int = 1

    class Snake(ToolTask):
        """Snake."""

        type_name = "tests.Snake"
        max_tokens: int = 1

    assert said(Kebab, **{"max-tokens": 2, "allowFailure": True, "runIf": "true"}) == []
    assert said(Snake, max_tokens=2, allowFailure=True, logLevel="WARN") == []
    assert said(Kebab, maxTokens=2) == ['Kebab has no property "maxTokens"']


class Advising(Sample):
    """A task that advises."""

    type_name = "tests.Advising"

    @classmethod
    def advice_on(cls, written: Mapping[str, Any]) -> list[Fault]:
        if written["count"] == 1:
            return [Fault(("count",), "count: 2 is better than 1")]
        raise RuntimeError("no advice")


def test_what_a_plugin_advises_is_a_warning() -> None:
    assert faults(Advising, count=1) == [Fault(("count",), "count: 2 is better than 1", severity=Severity.WARNING)]


def test_a_plugin_whose_advice_breaks_does_not_break_the_check() -> None:
    (found,) = faults(Advising, count=2)
    assert found.severity is Severity.WARNING and "its own advice broke: RuntimeError('no advice')" in found.message
