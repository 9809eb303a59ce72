"""How types become forms, without the editor knowing a task."""

from typing import Annotated, Any, Literal

import pytest

from builder.tasks.api import Duration, Field, Form, Properties, SecretStr, Task
from builder.tasks.core.log.log import Log
from builder.tasks.core.trigger.schedule import Schedule
from builder.tasks.fields.form import FormField, fields_of, label_of
from builder.tasks.fields.shapes import Shape


class Part(Properties):
    role: Literal["user", "system"] = "user"
    """Who speaks."""
    content: str
    """What is said."""


class Sample(Task):
    """A task with a property of each sort."""

    type_name = "tests.Sample"

    prompt: Annotated[str, Form("textarea")] = Field(examples=["Hello"])
    """What to ask."""
    model: Annotated[str, Form("model", options=("gpt-5", "gpt-4.1"))] = "gpt-5"
    """Which model."""
    max_output_tokens: Annotated[int | None, Form(group="advanced")] = Field(None, ge=1, le=99)
    """The most
    tokens."""
    share: float = 0.5
    """A share."""
    shout: bool = False
    """Louder."""
    wait: Duration | None = None
    """How long."""
    tags: list[str] = Field([])
    """Words."""
    headers: dict[str, str] = Field({})
    """Pairs."""
    parts: list[Part] = Field([])
    """Parts."""
    part: Part | None = None
    """One part."""
    anything: Any = None
    """Anything."""
    api_key: SecretStr | None = None
    """The key."""
    states: list[Literal["GOOD", "BAD"]] | None = None
    """Some of them."""
    text_or_number: int | str | None = None
    """Either."""
    lines: str | list[str] | None = None
    """One or several."""


FIELDS = {field.name: field for field in fields_of(Sample)}


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("prompt", "textarea"),
        ("model", "model"),
        ("maxOutputTokens", "number"),
        ("share", "number"),
        ("shout", "checkbox"),
        ("wait", "duration"),
        ("tags", "list"),
        ("headers", "map"),
        ("parts", "list"),
        ("part", "section"),
        ("anything", "yaml"),
        ("apiKey", "secret"),
        ("logLevel", "select"),
        ("states", "choices"),
        ("textOrNumber", "number"),
        ("lines", "list"),
        ("retry", "section"),
    ],
)
def test_each_kind_of_value_has_its_control(name: str, control: str) -> None:
    assert FIELDS[name].control == control


def test_a_field_carries_what_the_form_shows() -> None:
    assert FIELDS["maxOutputTokens"] == FormField(
        name="maxOutputTokens",
        label="Max output tokens",
        control="number",
        group="advanced",
        required=False,
        description="The most tokens.",
        shapes=(Shape.INTEGER,),
        whole=True,
        bounds={"min": "1", "max": "99"},
    )
    assert (FIELDS["prompt"].required, FIELDS["prompt"].examples) == (True, ("Hello",))
    assert (FIELDS["shout"].default, FIELDS["model"].default) == ("false", "gpt-5")


def test_choices_are_closed_and_suggestions_are_open() -> None:
    assert (FIELDS["logLevel"].options[0], FIELDS["logLevel"].free) == ("TRACE", False)
    assert (FIELDS["model"].options, FIELDS["model"].free) == (("gpt-5", "gpt-4.1"), True)


def test_sub_models_bring_their_fields() -> None:
    assert [field.name for field in FIELDS["parts"].fields] == ["content", "role"]
    assert list(FIELDS["retry"].variants) == ["constant", "exponential", "random"]
    assert "maxAttempt" in next(f for f in FIELDS["retry"].fields if f.name == "maxAttempts").other_names


def test_a_secret_stands_with_the_connection() -> None:
    assert (FIELDS["apiKey"].group, FIELDS["apiKey"].secret) == ("connection", True)


def test_groups_come_in_the_order_people_need_them() -> None:
    groups = list(dict.fromkeys(field.group for field in fields_of(Sample)))
    assert groups == ["step", "main", "connection", "advanced", "flow", "failure"]
    assert FIELDS["retry"].group_label == "If it fails"


def test_properties_without_effect_are_not_in_the_form() -> None:
    assert not {"workerGroup", "assets", "version"} & {field.name for field in fields_of(Log)}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("apiKey", "API key"),
        ("max-tokens", "Max tokens"),
        ("base_url", "Base URL"),
        ("uri", "URI"),
        ("topP", "Top p"),
    ],
)
def test_a_label_is_made_of_the_name(name: str, label: str) -> None:
    assert label_of(name) == label


def test_no_expression_is_offered_for_what_is_read_before_anything_runs() -> None:
    fields = {field.name: field for field in fields_of(Schedule)}
    assert not fields["cron"].dynamic and not fields["timezone"].dynamic and fields["when"].dynamic
