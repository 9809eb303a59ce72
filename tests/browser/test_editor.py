"""The editor in a real browser: form, outline and YAML are one draft."""

import pytest
from playwright.sync_api import expect

from builder.actions import drafts, flows
from tests.doubles.patience import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = """\
id: hello
namespace: company.team
# say it once
inputs:
  - id: name
    type: STRING
tasks:
  - id: greet   # politely
    type: io.kestra.plugin.core.log.Log
    message: Hello
  - id: part
    type: io.kestra.plugin.core.log.Log
    message: Bye
"""
SAVED = "#status [data-saved]"


@pytest.fixture
def editor(page):
    flows.save_flow(TEXT, by="ann")
    page.goto("/flows/company.team/hello/edit#step=greet")
    page.wait_for_selector(".yaml-pane.started")
    page.wait_for_selector('.step[data-id="greet"][aria-current]')
    return page


def text_of(page):
    return page.evaluate("window.millstreamYaml.getValue()")


def until(page, words):
    """Waits until the YAML pane holds the words."""
    page.wait_for_function("words => window.millstreamYaml?.getValue().includes(words)", arg=words)


def draft():
    return drafts.open_draft("company.team", "hello").text


def type_yaml(page, row, column, words):
    page.evaluate(
        """([row, column]) => {
        window.millstreamYaml.focus(); window.millstreamYaml.gotoLine(row, column); }""",
        [row, column],
    )
    page.keyboard.type(words)


def test_a_form_edit_changes_only_its_bytes_in_the_yaml(editor):
    editor.get_by_label("Message").fill("Good morning")
    until(editor, "message: Good morning")
    assert text_of(editor) == draft() == TEXT.replace("Hello", "Good morning")


def test_what_is_typed_as_yaml_shows_in_the_form(editor):
    type_yaml(editor, 10, 18, ", world")
    editor.wait_for_function("() => document.querySelector('#field-tasks-0-message-in')?.value === 'Hello, world'")
    assert draft() == TEXT.replace("Hello", "Hello, world")


def test_a_step_is_added_by_keyboard_moved_and_removed_and_all_of_it_undone(editor):
    editor.keyboard.press("Control+k")
    editor.keyboard.type("return")
    editor.keyboard.press("Enter")
    until(editor, "- id: return")
    editor.wait_for_selector('.step[data-id="return"][aria-current]')
    editor.locator('.step[data-id="return"]').focus()
    editor.keyboard.press("Alt+ArrowUp")
    editor.wait_for_function("""() => {
        const text = window.millstreamYaml.getValue();
        return text.indexOf('id: return') < text.indexOf('id: part'); }""")
    editor.locator('.step[data-id="return"]').focus()
    editor.keyboard.press("Delete")
    editor.wait_for_function("() => !window.millstreamYaml.getValue().includes('id: return')")
    for there in (["return", "part"], ["part", "return"], ["part"]):
        editor.get_by_role("button", name="Undo").click()
        editor.wait_for_function(
            "there => `${window.millstreamYaml.getValue().match(/(?<=id: )(return|part)/g)}` === `${there}`", arg=there
        )
    assert draft() == TEXT


def test_broken_yaml_is_kept_and_marked_and_the_form_comes_back(editor):
    type_yaml(editor, 13, 0, "bad: [")
    editor.wait_for_selector("#editor.unreadable")
    editor.wait_for_selector("#form fieldset[disabled]")
    expect(editor.locator(".ace_error")).not_to_have_count(0)
    editor.reload()
    editor.wait_for_selector("#editor.unreadable .yaml-pane.started")
    assert "bad: [" in text_of(editor)
    type_yaml(editor, 13, 6, "")
    for _ in range(6):
        editor.keyboard.press("Backspace")
    editor.wait_for_selector("#editor:not(.unreadable)")
    editor.wait_for_selector("#form .step-form fieldset:not([disabled])")


def test_control_z_in_the_yaml_goes_on_in_the_shared_history(editor):
    editor.get_by_label("Message").fill("Good morning")
    until(editor, "Good morning")
    type_yaml(editor, 10, 26, "!")
    until(editor, "Good morning!")
    editor.keyboard.press("Control+z")
    editor.wait_for_function("() => !window.millstreamYaml.getValue().includes('!')")
    for _ in range(3):
        editor.keyboard.press("Control+z")
    editor.wait_for_function("text => window.millstreamYaml.getValue() === text", arg=TEXT)
    editor.wait_for_function("() => !document.getElementById('editor').dataset.saving")
    assert text_of(editor) == draft() == TEXT


def test_publishing_says_the_revision(editor):
    editor.get_by_label("Message").fill("Good morning")
    until(editor, "Good morning")
    editor.get_by_role("button", name="Publish").click()
    editor.get_by_text("Published as revision 2.").wait_for()
    expect(editor.locator(SAVED)).to_contain_text("nothing unpublished")


def test_run_opens_the_form_of_the_inputs(editor):
    editor.keyboard.press("Control+Enter")
    editor.get_by_role("dialog", name="Run").get_by_label("name").wait_for()


def test_on_a_phone_the_panes_are_tabs(editor):
    editor.set_viewport_size({"width": 390, "height": 800})
    assert editor.locator("#outline").is_hidden()
    editor.get_by_role("button", name="Steps").click()
    editor.locator('.step[data-id="part"]').click()
    editor.wait_for_function("() => document.querySelector('#field-tasks-1-message-in')?.value === 'Bye'")
    assert editor.locator("#form").is_visible()
    assert editor.evaluate("document.documentElement.scrollWidth <= 390")


def test_what_was_typed_a_moment_before_leaving_is_there_on_return(editor):
    editor.get_by_label("Message").fill("Just before leaving")
    editor.goto("/flows")
    wait_until(lambda: "Just before leaving" in draft())
    editor.goto("/flows/company.team/hello/edit#step=greet")
    until(editor, "Just before leaving")
    type_yaml(editor, 10, 32, "!")
    editor.goto("/flows")
    wait_until(lambda: "Just before leaving!" in draft())
    editor.goto("/flows/company.team/hello/edit#step=greet")
    until(editor, "Just before leaving!")


def test_a_lost_connection_loses_nothing(editor):
    editor.context.set_offline(True)
    editor.get_by_label("Message").fill("Said offline")
    editor.get_by_text("The server does not answer.").wait_for()
    editor.context.set_offline(False)
    until(editor, "Said offline")
    editor.complaints.clear()
    assert "Said offline" in draft()


def test_the_yaml_pane_completes_keys(editor):
    type_yaml(editor, 10, 18, "\n")
    editor.keyboard.type("lev")
    editor.wait_for_selector(".ace_autocomplete")
    editor.keyboard.press("Enter")
    until(editor, "    level: ")


def test_a_discarded_draft_comes_back_by_undo(editor):
    editor.get_by_label("Message").fill("Good morning")
    until(editor, "Good morning")
    editor.once("dialog", lambda dialog: dialog.accept())
    editor.get_by_role("button", name="Discard").click()
    until(editor, "message: Hello\n")
    editor.locator('.step[data-id="part"]').click()
    editor.get_by_role("button", name="Undo").click()
    until(editor, "Good morning")
    assert "Good morning" in draft()


def test_the_list_of_flows_opens_the_run_form(editor):
    editor.goto("/flows")
    editor.goto("/flows/company.team/hello/edit#run")
    editor.get_by_role("dialog", name="Run").get_by_label("name").wait_for()


def test_a_step_that_deletes_for_good_is_asked_about_before_it_is_added(editor):
    asked = []

    def add(answer):
        editor.once("dialog", lambda dialog: (asked.append(dialog.message), getattr(dialog, answer)()))
        editor.keyboard.press("Control+k")
        editor.get_by_role("searchbox", name="Search").fill("delete response")
        editor.locator('.type[data-type="openai.DeleteResponse"]').click()

    add("dismiss")
    assert len(asked) == 1 and asked[0].endswith("Add it?") and "openai.DeleteResponse" not in draft()
    editor.keyboard.press("Escape")
    add("accept")
    until(editor, "openai.DeleteResponse")
    mark = editor.locator(".outline .step[aria-current] .bad-text", has_text="deletes")
    mark.wait_for()
    assert editor.locator(".step-form .card.bad").inner_text() in asked[1]
