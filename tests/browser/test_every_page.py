"""Every page: light, dark and on a phone, by keyboard and to a screen reader; no text of a model ever runs."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import new_page
from tests.browser.site import Site
from tests.doubles.openai_server import Answer

pytestmark = pytest.mark.browser

EVIL = (
    '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2"> [a](javascript:window.hacked=3)'
    ' **bold** <a href="javascript:window.hacked=4">b</a> ![c](x"onerror="window.hacked=5) {{ 7 * 7 }}'
)
FLOW = f"""\
id: every_page
namespace: company.team
description: |
  {EVIL}
labels:
  team: "<b onclick=alert(1)>x</b>"
inputs:
  - id: topic
    type: STRING
    displayName: "<script>window.hacked = 6</script>"
    defaults: "<img src=x onerror=window.hacked=7>"
  - {{id: level, type: SELECT, values: [low, high], defaults: low}}
  - {{id: sure, type: BOOL, defaults: true}}
  - {{id: notes, type: JSON, required: false}}
tasks:
  - id: ask
    type: io.kestra.plugin.openai.ChatCompletion
    apiKey: "{{{{ secret('OPENAI_API_KEY') }}}}"
    model: gpt-5.4-mini
    prompt: "{{{{ inputs.topic }}}}"
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "{{{{ outputs.ask.choices[0].message.content }}}}"
  - id: give
    type: io.kestra.plugin.core.output.OutputValues
    values:
      rows: [{{"name": "<script>window.hacked = 8</script>", "price": 3}}, {{"name": "b", "price": 4}}]
      deep: {{"<img src=x onerror=window.hacked=9>": {{"list": [1, 2, "kestra:///<script>"]}}}}
      text: "{{{{ outputs.ask.choices[0].message.content }}}}"
  - id: wait
    type: io.kestra.plugin.core.flow.Pause
    onResume:
      - {{id: reason, type: STRING}}
triggers:
  - {{id: daily, type: io.kestra.plugin.core.trigger.Schedule, cron: "30 8 * * *", timezone: Europe/Berlin}}
  - {{id: hook, type: io.kestra.plugin.core.trigger.Webhook, key: abcdefghijkl}}
"""
FAILING = """\
id: a_failing_flow_whose_name_is_long_enough_to_wrap
namespace: company.team.department.subdepartment
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: ["first", "second"]
    tasks:
      - {id: inner, type: io.kestra.plugin.core.log.Log, message: "{{ taskrun.value }}"}
  - id: stop
    type: io.kestra.plugin.core.execution.Fail
    errorMessage: "<script>window.hacked = 10</script> a_word_that_is_far_too_long_to_fit_on_a_phone_in_one_line"
"""
PAGES = {
    "/": "All schedules",
    "/flows": "New flow",
    "/flows/new": "Open the editor",
    "/flows/company.team/every_page/revisions": "Back to the editor",
    "/flows/company.team/every_page/edit": "Run",
    "/executions": "Filter",
    "/executions/{paused}": "Resume…",
    "/executions/{paused}?run=give": "Resume…",
    "/executions/{paused}/resume": "Resume",
    "/executions/{failed}": "Restart from stop",
    "/schedules": "Search",
    "/schedules/company.team/every_page/daily": "Start the backfill",
    "/schedules/company.team/every_page/hook": "Executions",
    "/schedules/calendar?view=month": "Today",
    "/schedules/calendar": "Today",
    "/files?namespace=company.team&path=prompts/a_page_of_markdown.md": "New file",
    "/kv": "Set a value",
    "/secrets": "Set a secret",
    "/starters": "Open",
    "/account/password": "Change password",
    "/help": "Configuration",
    "/help/reference": "Expressions",
    "/help/reference/types/io.kestra.plugin.openai.ChatCompletion": "Types",
    "/help/reference/every/task": "Types",
    "/help/reference/expressions": "Expressions",
}
"""Each page, and the control there that a person comes for."""
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"width": 390, "height": 844},
}
FAULTS = """() => {
  const shown = (element) => element.checkVisibility();
  const named = (element) =>
    element.labels?.length || element.getAttribute("aria-label") || element.getAttribute("aria-labelledby");
  const said = (element) => element.textContent.trim() || named(element) || element.querySelector("img[alt]");
  const outside = (element) => element.getBoundingClientRect().right > innerWidth + 1;
  const show = (element) => element.outerHTML.slice(0, 160);
  const all = (what) => [...document.querySelectorAll(what)];
  const ids = all("[id]").map((element) => element.id);
  return {
    headings: all("h1").length === 1 ? [] : ["not one h1"],
    unlabelled: all("input:not([type=hidden]), select, textarea").filter((one) => !named(one)).map(show),
    nameless: all("a, button, summary").filter((one) => shown(one) && !said(one)).map(show),
    twice: ids.filter((id, place) => ids.indexOf(id) !== place),
    wide: document.documentElement.scrollWidth > innerWidth
      ? ["overflow", ...all("body *").filter(outside).slice(-3).map(show)] : [],
  };
}"""
REACHED = """name => {
  const element = document.activeElement;
  const words = (element.getAttribute("aria-label") || element.textContent).trim();
  return words.startsWith(name) && getComputedStyle(element).outlineStyle !== "none";
}"""


@pytest.fixture(scope="module")
def ids(chromium, product, logged_in, openai_server):
    """A paused and a failed execution, an entry of the KV store and a secret; everything says what must not run."""
    context = chromium.new_context(base_url=product.url, storage_state=logged_in)
    site = Site(new_page(context), product)
    openai_server.answers.clear()
    openai_server.answers.append(Answer(EVIL))
    site.publish(FLOW)
    site.publish(FAILING)
    kept = {"namespace": "company.team", "key": "KEPT", "description": EVIL}
    site.post(
        "/files/company.team/save",
        form={"path": "prompts/a_page_of_markdown.md", "text": EVIL, "revision": "0"},
    )
    site.post("/kv", form={**kept, "kind": "STRING", "value": EVIL})
    site.post("/secrets", form={**kept, "value": "s3cr3t-s3cr3t"})
    failed = site.run("a_failing_flow_whose_name_is_long_enough_to_wrap", "company.team.department.subdepartment")
    site.wait_for("FAILED")
    paused = site.run("every_page", topic=EVIL)
    site.wait_for("PAUSED")
    context.close()
    return {"paused": paused, "failed": failed}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_whole(open_tab, ids, look):
    tab = open_tab(**LOOKS[look])
    found = {}
    for address in PAGES:
        open_page(tab, address.format(**ids))
        faults = {name: what for name, what in tab.evaluate(FAULTS).items() if what}
        if tab.evaluate("window.hacked") is not None:
            faults["hacked"] = tab.evaluate("window.hacked")
        if tab.complaints:
            faults["complaints"] = list(tab.complaints)
        tab.complaints.clear()
        if faults:
            found[address] = faults
    assert found == {}


def test_every_page_is_used_by_keyboard(tab, ids):
    missed = []
    for address, name in PAGES.items():
        open_page(tab, address.format(**ids))
        tab.evaluate("document.activeElement.blur()")
        for _ in range(60):
            tab.keyboard.press("Tab")
            if tab.evaluate(REACHED, name):
                break
        else:
            missed.append((address, name))
    assert missed == []


def test_in_the_editor_the_panes_scroll_and_the_page_does_not(tab, ids):
    open_page(tab, "/flows/company.team/every_page/edit")
    assert tab.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_the_login_page_is_whole_and_answers_wrong_passwords(open_tab):
    tab = open_tab(width=390, storage_state=None)
    tab.goto("/executions?state=FAILED")
    assert [what for what in tab.evaluate(FAULTS).values() if what] == []
    tab.keyboard.type("nobody")
    tab.keyboard.press("Tab")
    tab.keyboard.type("wrong")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("alert")).to_be_visible()


def test_a_missing_page_says_so(tab):
    tab.goto("/flows/company.team/nothing/edit")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Not found")
    tab.complaints.clear()


def test_what_a_model_says_is_shown_as_it_is_and_never_runs(site, tab, openai, ids):
    openai.holds = True
    openai.answers.append(Answer(EVIL))
    site.run("every_page")
    expect(tab.locator("#answers pre")).to_contain_text("<script>")
    openai.holds = False
    site.wait_for("PAUSED")
    tab.get_by_role("link", name="ask", exact=True).click()
    answer = tab.locator("#answer")
    expect(answer).to_contain_text("<script>window.hacked = 1</script>")
    expect(answer.locator("strong")).to_have_text("bold")
    assert tab.locator('#content :is([href^="javascript"], [onerror], [onclick], img, script)').count() == 0
    expect(tab.locator("#log")).to_contain_text("<img src=x")
    tab.get_by_role("button", name="Kill").click()
    site.wait_for("KILLED")
    assert tab.evaluate("window.hacked") is None


def test_the_theme_is_chosen_once_and_kept(tab):
    tab.goto("/")
    dark = "getComputedStyle(document.documentElement).colorScheme"
    tab.get_by_role("button", name="Light or dark").click()
    assert tab.evaluate(dark) == "dark"
    tab.goto("/flows")
    assert tab.evaluate(dark) == "dark"


def open_page(tab, address):
    tab.goto(address)
    if address.endswith("/edit"):
        tab.wait_for_selector(".yaml-pane.started", state="attached")
