"""Renaming a step or input: expressions follow, all else stays."""

from builder.flows.document import parse
from builder.flows.edit import apply
from builder.flows.edit.rename import rename

FLOW = """\
id: hello
namespace: team
inputs:
  - id: name
    type: STRING
tasks:
  - id: ask   # the question
    type: X
    prompt: "{{ inputs.name }} inputs.name {{ outputs.other }}"
  - id: tell
    type: Y
    message: |
      {{ outputs.ask.text | upper }} and {{ outputs['ask'].id }}{# outputs.ask #}
      {{ outputs.asked }} {{ "outputs.ask" }}
    runIf: "{% if outputs.ask.ok and inputs['name'] %}true{% endif %}"
"""


def after(path, new, text=FLOW):
    return apply(text, rename(parse(text).data, path, new)).text


def test_every_reference_to_a_renamed_step_follows_and_nothing_else():
    text = after(("tasks", 0, "id"), "question")
    expected = FLOW.replace("id: ask ", "id: question ").replace("outputs.ask.text", "outputs.question.text")
    assert text == expected.replace("outputs['ask'].id", "outputs.question.id").replace(
        "outputs.ask.ok", "outputs.question.ok"
    )


def test_a_name_with_a_dash_is_read_in_brackets():
    assert "outputs['the-ask'].text | upper" in after(("tasks", 0, "id"), "the-ask")


def test_a_renamed_input_is_followed_too():
    text = after(("inputs", 0, "id"), "person")
    assert '"{{ inputs.person }} inputs.name' in text and "and inputs.person %}" in text


def test_a_name_that_is_taken_draws_no_references_along():
    assert "outputs.ask.text" in after(("tasks", 0, "id"), "tell")


def test_a_step_that_nobody_reads_just_gets_its_name():
    assert after(("tasks", 1, "id"), "say") == FLOW.replace("id: tell", "id: say")
