"""A draft keeps the text as typed, with one history of undo and redo."""

import pytest

from builder.actions import drafts, flows
from builder.errors import InvalidInput, NotFound
from builder.flows.edit import Remove, SetValue, Several, Unset
from builder.store.flows import drafts as stored

pytestmark = pytest.mark.django_db


def test_an_unedited_flow_opens_with_its_published_text(hello: str):
    opened = drafts.open_draft("team", "hello")
    assert (opened.text, opened.draft, opened.changed, opened.revision) == (hello, None, False, 1)


def test_nothing_to_open_is_not_found():
    with pytest.raises(NotFound):
        drafts.open_draft("team", "nowhere")


def test_a_broken_text_is_kept_as_typed(hello: str):
    drafts.save_draft("team", "hello", "id: [", by="ada")
    assert drafts.open_draft("team", "hello").text == "id: ["


def test_a_form_edit_changes_its_bytes_alone(hello: str):
    edited = drafts.edit_draft("team", "hello", SetValue(("tasks", 0, "message"), "Hi"), by="ada")
    assert edited.draft.text == hello.replace('"Hello {{ inputs.name }}"', '"Hi"')
    assert edited.draft.undo_title == "set tasks.0.message"


def test_undo_is_named_for_what_was_meant_and_not_for_what_follows_from_it(hello: str):
    meant = Several(Remove(("tasks", 0)), before=(SetValue(("description",), "x"),), after=(Unset(("description",)),))
    assert drafts.edit_draft("team", "hello", meant, by="ada").draft.undo_title == "remove tasks.0"


def test_an_edit_of_text_that_cannot_be_read_is_refused(hello: str):
    drafts.save_draft("team", "hello", "id: [", by="ada")
    with pytest.raises(InvalidInput):
        drafts.edit_draft("team", "hello", {"do": "set", "path": ["id"], "value": "x"}, by="ada")


def test_a_hundred_steps_can_be_undone_and_redone(hello: str):
    texts = [hello] + [f"{hello}# {'é' * (n % 7)}{n}\n" for n in range(120)]
    for text in texts[1:]:
        drafts.save_draft("team", "hello", text, by="ada")
    for text in reversed(texts[:-1]):
        assert drafts.undo_draft("team", "hello", by="ada").text == text
    assert not drafts.undo_draft("team", "hello", by="ada").can_undo
    for text in texts[1:]:
        assert drafts.redo_draft("team", "hello", by="ada").text == text
    assert not drafts.redo_draft("team", "hello", by="ada").can_redo


def test_an_edit_after_undo_forgets_what_was_undone(hello: str):
    drafts.save_draft("team", "hello", "a", by="ada")
    drafts.save_draft("team", "hello", "b", by="ada")
    drafts.undo_draft("team", "hello", by="ada")
    drafts.save_draft("team", "hello", "c", by="ada")
    assert drafts.redo_draft("team", "hello", by="ada").text == "c"
    assert drafts.undo_draft("team", "hello", by="ada").text == "a"


def test_undo_goes_past_a_publish(hello: str):
    drafts.save_draft("team", "hello", hello + "description: x\n", by="ada")
    flows.publish("team", "hello", by="ada")
    assert stored.keys() == {}
    assert drafts.undo_draft("team", "hello", by="ada").text == hello
    assert drafts.open_draft("team", "hello").changed


def test_an_untouched_draft_follows_what_is_published_elsewhere(hello: str):
    drafts.save_draft("team", "hello", hello + "description: x\n", by="ada")
    flows.publish("team", "hello", by="ada")
    flows.update_flow("team", "hello", hello + "description: y\n", by="bob")
    assert drafts.open_draft("team", "hello").text == hello + "description: y\n"
    edited = drafts.edit_draft("team", "hello", SetValue(("tasks", 0, "message"), "Hi"), by="ada").draft
    assert "description: y" in edited.text
    assert edited.base_revision == 3


def test_a_discard_can_be_taken_back(hello: str):
    drafts.save_draft("team", "hello", "mine", by="ada")
    drafts.discard_draft("team", "hello")
    assert drafts.open_draft("team", "hello").text == hello
    assert drafts.restore_draft("team", "hello").text == "mine"
