"""What goes wrong on the way, and how the product answers: nothing is lost, and a sentence says what to do."""

import os
import signal

import pytest
from playwright.sync_api import expect
from redis import Redis

from tests.browser.site import Site, wait_for_scripts
from tests.doubles.openai_server import Answer
from tests.doubles.product import valkey_url

pytestmark = pytest.mark.browser


def ask(flow_id, then="", **changed):
    """A flow that asks a model, then logs the answer."""
    written = {"apiKey": "\"{{ secret('OPENAI_API_KEY') }}\"", "model": "gpt-5.4-mini", "prompt": "Hello", **changed}
    lines = "".join(f"    {key}: {value}\n" for key, value in written.items())
    return f"""\
id: {flow_id}
namespace: company.team

tasks:
  - id: before
    type: io.kestra.plugin.core.log.Log
    message: We begin
  - id: ask
    type: io.kestra.plugin.openai.ChatCompletion
{lines}{then}  - id: after
    type: io.kestra.plugin.core.log.Log
    message: "{{{{ outputs.ask.choices[0].message.content }}}}"
"""


def test_invalid_yaml_keeps_the_text_marks_the_line_and_the_form_returns_when_it_is_mended(site, tab):
    site.publish(ask("broken_yaml"))
    site.edit("broken_yaml", "ask")
    tab.evaluate("const yaml = document.getElementById('yaml').env.editor; yaml.focus(); yaml.gotoLine(5, 0)")
    tab.keyboard.type("oops: [")
    tab.wait_for_selector("#editor.unreadable")
    expect(tab.locator("#form fieldset[disabled]")).to_be_visible()
    expect(tab.locator("#problems").get_by_role("button", name="Line")).not_to_have_count(0)
    expect(tab.locator(".ace_gutter-cell.ace_error")).not_to_have_count(0)
    tab.reload()
    tab.wait_for_selector("#editor.unreadable .yaml-pane.started")
    assert "oops: [  - id: before" in site.yaml()
    tab.evaluate("const yaml = document.getElementById('yaml').env.editor; yaml.focus(); yaml.gotoLine(5, 7)")
    for _ in "oops: [":
        tab.keyboard.press("Backspace")
    tab.wait_for_selector("#editor:not(.unreadable)")
    expect(tab.locator("#form fieldset").first).to_be_enabled()
    expect(tab.locator("#status")).to_contain_text("valid")


def test_a_wrong_key_is_one_sentence_with_the_fix(site, tab):
    site.publish(ask("wrong_key", apiKey="sk-wrong-1234567890"))
    site.run("wrong_key")
    site.wait_for("FAILED")
    told = tab.get_by_role("alert").filter(has_text="ask failed.")
    expect(told).to_contain_text("key")
    said = told.inner_text()
    assert "Traceback" not in said and "sk-wrong-1234567890" not in said, said
    expect(tab.locator("#facts")).to_contain_text("at ask")
    expect(tab.get_by_role("button", name="Restart from ask")).to_be_visible()
    expect(tab.get_by_role("link", name="Edit flow at this step")).to_be_visible()


def test_a_flow_goes_on_and_ends_right_when_its_worker_is_killed(site, tab, product, openai):
    openai.holds = True
    site.publish(ask("killed_worker"))
    site.run("killed_worker")
    expect(tab.locator("#answers pre")).to_contain_text("Here")
    os.kill(product.child(" worker "), signal.SIGKILL)
    openai.holds = False
    site.wait_for("SUCCESS")
    expect(tab.locator("#log")).to_contain_text("Here is an answer to: Hello")
    expect(tab.locator("#log .log-text", has_text="We begin")).to_have_count(1)
    row = tab.get_by_role("row").filter(has=tab.get_by_role("link", name="ask", exact=True))
    expect(row).to_contain_text("try 2")


def test_nothing_is_lost_when_redis_is_emptied(site, tab, product, openai):
    openai.holds = True
    site.publish(ask("emptied"))
    with Redis.from_url(valkey_url(product.data)) as redis:
        ids = []
        for _ in range(8):
            ids.append(site.start("emptied"))
            redis.flushall()
    openai.holds = False
    for execution_id in ids:
        site.open(execution_id)
        site.wait_for("SUCCESS")
    ended = site.rows(
        "SELECT count(*) FROM builder_taskrun run JOIN builder_execution one ON one.id = run.execution_id"
        " WHERE one.flow_id = 'emptied' AND run.state = 'SUCCESS'"
    )
    assert ended == [(len(ids) * 3,)]


def test_kill_closes_the_models_connection_at_once(site, tab, openai):
    openai.holds = True
    site.publish(ask("to_kill"))
    site.run("to_kill")
    expect(tab.locator("#answers")).not_to_be_empty()
    (request,) = openai.requests
    assert not request.closed_early.is_set()
    tab.get_by_role("button", name="Kill").click()
    assert request.closed_early.wait(60), "the model would answer for ever"
    site.wait_for("KILLED")
    expect(tab.locator("#log")).not_to_contain_text("Here is an answer")


def test_a_failed_step_is_mended_and_the_execution_restarted_from_it(site, tab, openai):
    site.publish(ask("to_mend", model="no-such-model"))
    execution_id = site.run("to_mend")
    site.wait_for("FAILED")
    expect(tab.get_by_role("alert").filter(has_text="ask failed.")).to_contain_text("no-such-model")
    tab.get_by_role("link", name="Edit flow at this step").click()
    tab.wait_for_url("**/edit*")
    wait_for_scripts(tab)
    tab.wait_for_selector('.step[data-id="ask"][aria-current]')
    tab.get_by_label("Model", exact=False).first.fill("gpt-5.4-mini")
    site.wait_for_yaml("model: gpt-5.4-mini")
    tab.get_by_role("button", name="Publish").click()
    expect(tab.get_by_text("Published as revision 2.")).to_be_visible()
    site.open(execution_id)
    tab.get_by_role("button", name="Restart from ask with rev 2").click()
    tab.wait_for_url(lambda url: execution_id not in url)
    site.wait_for("SUCCESS")
    expect(tab.get_by_role("link", name="before", exact=True)).to_be_visible()
    expect(tab.locator("#log .log-text", has_text="We begin")).to_have_count(0)
    expect(tab.locator("#log")).to_contain_text("Here is an answer to: Hello")


def test_an_execution_is_replayed_from_a_step(site, tab, openai):
    openai.answers.append(Answer("The first answer"))
    site.publish(ask("to_replay"))
    first = site.run("to_replay")
    site.wait_for("SUCCESS")
    openai.requests.clear()
    tab.get_by_role("link", name="after", exact=True).click()
    tab.get_by_role("button", name="Replay from here").click()
    tab.wait_for_url(lambda url: "/executions/" in url and first not in url)
    site.wait_for("SUCCESS")
    expect(tab.locator("#log .log-text", has_text="The first answer")).to_have_count(1)
    assert openai.requests == []


PAUSED = """\
id: paused
namespace: company.team

tasks:
  - id: approve
    type: io.kestra.plugin.core.flow.Pause
    onResume:
      - id: reason
        type: STRING
      - id: budget
        type: INT
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "{{ outputs.approve.onResume.reason }} for {{ outputs.approve.onResume.budget }}"
"""


def test_a_paused_execution_asks_for_its_inputs_and_goes_on(site, tab):
    site.publish(PAUSED)
    site.run("paused")
    site.wait_for("PAUSED")
    tab.get_by_role("link", name="Resume").click()
    tab.get_by_label("reason").fill("It is cheap")
    tab.get_by_label("budget").fill("12")
    tab.get_by_role("button", name="Resume").click()
    site.wait_for("SUCCESS")
    expect(tab.locator("#log")).to_contain_text("It is cheap for 12")


def test_a_running_execution_is_paused_after_its_step_and_resumed(site, tab, openai):
    openai.holds = True
    site.publish(ask("to_pause"))
    site.run("to_pause")
    expect(tab.locator("#answers pre")).to_contain_text("Here")
    with tab.expect_response(lambda answer: answer.request.method == "POST"):
        tab.get_by_role("button", name="Pause").click()
    openai.holds = False  # the step ends after it was asked to pause, however slow the machine
    site.wait_for("PAUSED")
    expect(tab.get_by_role("link", name="ask", exact=True)).to_be_visible()
    expect(tab.locator("#log")).not_to_contain_text("Here is an answer")
    tab.get_by_role("link", name="Resume").click()
    tab.get_by_role("button", name="Resume").click()
    site.wait_for("SUCCESS")
    expect(tab.locator("#log .log-text", has_text="Here is an answer")).to_have_count(1)
    assert len(openai.requests) == 1


def test_when_somebody_published_the_same_step_meanwhile_both_texts_are_shown(site, tab, open_tab):
    site.publish(ask("two_people"))
    site.edit("two_people", "ask")
    write_prompt(site, "Second")
    tab.get_by_role("button", name="Publish").click()
    expect(tab.get_by_text("Published as revision 2.")).to_be_visible()
    write_prompt(site, "Mine")
    other = open_tab()
    other.goto("/flows/company.team/two_people/revisions")
    other.get_by_text("Revision 1", exact=True).click()
    other.get_by_role("button", name="Publish this one again").click()
    expect(other.get_by_text("Revision 1 is published again.")).to_be_visible()
    tab.get_by_role("button", name="Publish").click()
    dialog = tab.get_by_role("dialog", name="Before it is published")
    expect(dialog).to_contain_text("Somebody published meanwhile")
    expect(dialog.get_by_role("row").filter(has_text="prompt: Hello")).to_contain_text("prompt: Mine")
    dialog.get_by_role("button", name="Publish mine over it").click()
    expect(tab.get_by_text("Published as revision 4.")).to_be_visible()
    assert "prompt: Mine" in site.yaml()


def test_a_tab_that_did_not_see_a_change_is_told_of_it_and_loses_neither(site, tab, open_tab, product):
    site.publish(ask("two_tabs"))
    site.edit("two_tabs", "ask")
    second = Site(open_tab(), product)
    second.edit("two_tabs", "after")
    write_prompt(site, "From the first tab")
    second.tab.get_by_role("textbox", name="Message").fill("From the second tab")
    second.tab.get_by_role("textbox", name="Message").press("Tab")
    expect(second.tab.get_by_text("The draft was changed elsewhere")).to_be_visible()
    second.wait_for_yaml("From the first tab")


def write_prompt(site, words):
    site.tab.get_by_role("textbox", name="Prompt").fill(words)
    site.wait_for_yaml(f"prompt: {words}")
