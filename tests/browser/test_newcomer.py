"""The way of a newcomer, as one walk: from the printed password to yesterday's run in the history."""

import re
from datetime import UTC, datetime, timedelta
from difflib import ndiff

import pytest
from playwright.sync_api import expect

from tests.browser.site import wait_for_scripts

pytestmark = pytest.mark.browser
PROMPT = "Name three rivers of Iceland"


def test_a_newcomer_changes_a_prompt_runs_it_schedules_it_and_finds_the_run_again(open_tab, product, openai):
    tab = open_tab(storage_state=None)
    log_in(tab, product)
    open_a_starter(tab)
    change_the_prompt(tab)
    run_it(tab, openai)
    look_at_the_execution(tab)
    tab.get_by_role("link", name="Edit flow").click()
    schedule_it(tab)
    see_the_schedule(tab)
    find_yesterdays_run(tab, product)


def log_in(tab, product):
    tab.goto("/")
    expect(tab).to_have_url(re.compile("/login"))
    tab.get_by_label("Name").fill("admin")
    tab.get_by_label("Password").fill(product.password)
    tab.get_by_role("button", name="Log in").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Home")


def open_a_starter(tab):
    tab.get_by_role("link", name="Starters").click()
    card = tab.locator("section").filter(has=tab.get_by_role("heading", name="Ask a question", exact=True))
    card.get_by_role("button", name="Open").click()
    expect(tab.locator(".yaml-pane.started")).to_be_visible()
    wait_for_scripts(tab)


def change_the_prompt(tab):
    tab.get_by_role("button", name="completion Chat completion").click()
    before = yaml(tab)
    tab.get_by_role("textbox", name="Prompt").fill(PROMPT)
    tab.wait_for_function("words => document.getElementById('yaml').env.editor.getValue().includes(words)", arg=PROMPT)
    changed = [line for line in ndiff(before.splitlines(), yaml(tab).splitlines()) if line[0] in "+-"]
    assert changed == ['-     prompt: "{{ inputs.prompt }}"', f'+     prompt: "{PROMPT}"']
    expect(tab.locator("#status")).to_contain_text("draft saved")


def run_it(tab, openai):
    openai.holds = True
    tab.get_by_role("button", name="Run", exact=False).first.click()
    dialog = tab.get_by_role("dialog", name="Run")
    expect(dialog.get_by_label("Your question")).to_have_value("What is data orchestration?")
    dialog.get_by_role("button", name="Run").click()
    expect(tab.locator("[data-answers] pre")).to_contain_text("Here")
    tab.get_by_role("link", name="Execution", exact=True).click()
    answer = tab.locator("#answers pre")
    expect(answer).to_contain_text("Here is")
    assert not answer.inner_text().endswith(PROMPT), "the whole answer came at once"
    openai.holds = False
    expect(tab.locator("#facts [data-state=SUCCESS]")).to_be_visible()


def look_at_the_execution(tab):
    expect(tab.locator("#answers")).to_be_empty()
    expect(tab.locator("#answer")).to_contain_text(f"Here is an answer to: {PROMPT}")
    expect(tab.locator("section").filter(has=tab.get_by_role("heading", name="Sent"))).to_contain_text(PROMPT)
    expect(tab.locator("#log .log-line")).to_contain_text([f"Here is an answer to: {PROMPT}"])
    row = tab.get_by_role("row").filter(has=tab.get_by_role("link", name="completion"))
    expect(row).to_contain_text(re.compile(r"\d+ / 8"))
    expect(row).to_contain_text(re.compile(r"\$0\.\d+"))
    expect(tab.locator("#facts")).to_contain_text(re.compile(r"\d+ tokens · \$0\.\d+"))
    tab.get_by_text("All outputs").click()
    expect(tab.locator("section").filter(has_text="All outputs")).to_contain_text("finish_reason")
    tab.get_by_role("link", name="log_output").click()
    expect(tab.locator("#log .log-line")).to_have_count(1)


def schedule_it(tab):
    expect(tab.locator(".yaml-pane.started")).to_be_visible()
    wait_for_scripts(tab)
    tab.get_by_role("button", name="Add trigger").click()
    tab.get_by_role("dialog", name="Add").get_by_role("button", name="On a schedule").click()
    cron = tab.get_by_role("textbox", name="Cron")
    cron.fill("30 8 * * *")
    cron.press("Tab")
    tab.get_by_label("Time zone").fill("Europe/Berlin")
    tab.wait_for_function(
        """() => /cron: "?30 8[^]*Europe.Berlin/.test(document.getElementById('yaml').env.editor.getValue())"""
    )
    tab.get_by_role("button", name="Publish").click()
    expect(tab.get_by_text("Published as revision 2.")).to_be_visible()


def see_the_schedule(tab):
    tab.get_by_role("link", name="Schedules").click()
    row = tab.get_by_role("row").filter(has_text="ask_a_question")
    expect(row).to_contain_text("30 8 * * *")
    expect(row).to_contain_text("Europe/Berlin")
    expect(row.locator("time")).to_have_count(5)
    for moment in row.locator("time").all_inner_texts():
        assert re.search(r"08:30 CES?T$", moment), moment


def find_yesterdays_run(tab, product):
    before = datetime.now(UTC) - timedelta(days=1)
    product.rows(
        "UPDATE builder_execution SET created_at = ? WHERE flow_id = ?",
        before.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "ask_a_question",
    )
    tab.get_by_role("link", name="Executions").click()
    tab.get_by_label("Flow", exact=True).fill("ask_a_question")
    tab.get_by_label("Time").select_option(label="last 7 days")
    row = tab.get_by_role("row").filter(has_text="ask_a_question")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("yesterday")
    tab.get_by_label("Time").select_option(label="last hour")
    expect(tab.get_by_text("No execution fits these filters")).to_be_visible()
    tab.get_by_label("Time").select_option(label="last 7 days")
    row.get_by_role("link", name="ask_a_question").click()
    expect(tab.locator("#answer")).to_contain_text(PROMPT)


def yaml(tab):
    return tab.evaluate("document.getElementById('yaml').env.editor.getValue()")
