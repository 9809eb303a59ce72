"""The run form: the right control for each input."""

import pytest

from builder.flows.inputs.form_fields import Choice, Control, form_fields
from builder.flows.read import read_inputs


@pytest.mark.parametrize(
    "declared, control",
    [
        ({"type": "STRING"}, Control.TEXT),
        ({"type": "SECRET"}, Control.PASSWORD),
        ({"type": "BOOL"}, Control.CHECKBOX),
        ({"type": "SELECT", "values": ["a"]}, Control.SELECT),
        ({"type": "SELECT", "values": ["a"], "isRadio": True}, Control.RADIO),
        ({"type": "SELECT", "values": ["a"], "allowInput": True}, Control.COMBO),
        ({"type": "DATETIME"}, Control.DATETIME),
        ({"type": "JSON"}, Control.JSON),
        ({"type": "FILE"}, Control.FILE),
        ({"type": "DATE", "defaults": "{{ now() }}"}, Control.DATE),
        ({"type": "BOOLEAN"}, Control.RADIO),
        ({"type": "ARRAY", "itemType": "INT"}, Control.LIST),
        ({"type": "ARRAY", "itemType": "JSON"}, Control.JSON),
        ({"type": "ION"}, Control.YAML),
        ({"type": "OBJECT", "properties": [{"id": "a", "type": "INT"}]}, Control.OBJECT),
        ({"type": "TABLE", "columns": [{"id": "a", "type": "INT"}]}, Control.TABLE),
    ],
)
def test_each_type_has_its_control(declared: dict[str, object], control: Control):
    assert form_fields(read_inputs([{"id": "x", **declared}]))[0].control is control


def test_a_field_carries_label_help_default_choices_and_rules():
    number, choice, file = form_fields(
        read_inputs(
            [
                {
                    "id": "n",
                    "type": "INT",
                    "displayName": "How many",
                    "description": "d",
                    "defaults": 3,
                    "min": 1,
                    "max": 9,
                },
                {"id": "c", "type": "MULTISELECT", "values": ["a", {"label": "Bee", "value": "b"}]},
                {"id": "f", "type": "FILE", "required": False, "allowedFileExtensions": [".csv", ".txt"]},
            ]
        )
    )
    assert (number.label, number.help, number.value, number.required) == ("How many", "d", 3, False)
    assert number.rules == {"step": "1", "min": "1", "max": "9"}
    assert choice.choices == (Choice("a", "a"), Choice("b", "Bee")) and choice.required
    assert file.rules == {"accept": ".csv,.txt"} and not file.required


def test_the_children_of_a_form_know_their_group_and_an_object_its_parts():
    child, person = form_fields(
        read_inputs(
            [
                {"id": "f", "type": "FORM", "displayName": "You", "inputs": [{"id": "age", "type": "INT"}]},
                {"id": "p", "type": "OBJECT", "properties": [{"id": "name", "type": "STRING"}]},
            ]
        )
    )
    assert (child.id, child.label) == ("f.age", "age")
    assert child.form is not None and child.form.display_name == "You"
    assert [(part.id, part.control) for part in person.parts] == [("name", Control.TEXT)]


def test_a_default_that_is_an_expression_is_told_and_not_shown_as_the_value():
    (field,) = form_fields(read_inputs([{"id": "d", "type": "DATE", "defaults": "{{ now() }}"}]))
    assert (field.value, field.default, field.required) == (None, "{{ now() }}", False)
