"""The reference: every type, property, filter and function has its place, and is found."""

import re
from collections.abc import Iterable
from html import escape

import pytest
from django.test import Client

from builder.actions import secrets
from builder.expressions import FILTERS, FUNCTIONS, TESTS
from builder.tasks.catalogue import Entry, catalogue
from builder.tasks.fields.form import FormField
from builder.web.reference.search import search
from tests.web.test_pages import publish, text

ENTRIES = catalogue().all()
EVERY = [f"/help/reference/every/{kind}" for kind in ("flow", "input", "task", "trigger")]


def _all(fields: Iterable[FormField]) -> list[FormField]:
    found = []
    for field in fields:
        found += [field, *_all(inner for part in field.variants.values() for inner in part)]
    return found


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])
def test_a_type_has_a_page_with_all_there_is_to_know(browser: Client, entry: Entry) -> None:
    page = text(browser, f"/help/reference/types/{entry.name}")
    for said in (entry.title, entry.summary, entry.name, *entry.plugin.aliases, entry.plugin.example.strip()):
        assert escape(said) in page, said
    for field in _all(entry.fields):
        assert f"<code>{field.name}</code>" in page, field.name
        others = (*field.examples, *field.options, *field.other_names)
        for said in (field.label, field.description, field.default.strip("[]{}") and field.default, *others):
            assert escape(said) in page, f"{field.name}: {said}"
    outputs = entry.plugin.declared_outputs()
    for name, info in (outputs.model_fields if outputs else {}).items():
        assert f"<code>{escape(info.alias or name)}</code>" in page, name


def test_no_anchor_stands_twice_on_a_page(browser: Client) -> None:
    paths = [f"/help/reference/types/{entry.name}" for entry in ENTRIES]
    for path in (*paths, "/help/reference/expressions", *EVERY):
        ids = re.findall(r' id="([^"]+)"', text(browser, path))
        assert len(ids) == len(set(ids)), path


def test_every_type_is_listed(browser: Client) -> None:
    page = text(browser, "/help/reference")
    for entry in ENTRIES:
        assert f'href="/help/reference/types/{entry.name}"' in page


def test_an_old_name_leads_to_the_type(browser: Client) -> None:
    answer = browser.get("/help/reference/types/io.kestra.core.tasks.log.Log")
    assert answer["Location"] == "/help/reference/types/io.kestra.plugin.core.log.Log"


@pytest.mark.parametrize("path", ["types/nothing", "types/<script>", "every/thing"])
def test_what_is_not_there_is_not_found(browser: Client, path: str) -> None:
    assert browser.get(f"/help/reference/{path}").status_code == 404


def test_an_old_type_names_the_one_to_use(browser: Client) -> None:
    page = text(browser, "/help/reference/types/io.kestra.plugin.core.debug.Echo")
    assert 'Kept for old flows; use <a href="/help/reference/types/io.kestra.plugin.core.log.Log">Log</a>' in page


def test_what_flows_and_inputs_have_is_told(browser: Client) -> None:
    assert "What becomes of one more: it waits, or ends as cancelled or failed." in text(
        browser, "/help/reference/every/flow"
    )
    page = text(browser, "/help/reference/every/input")
    assert "The choices, one a line. For SELECT, MULTISELECT." in page
    assert "<code>STRING</code>" in page


def test_every_filter_function_and_test_is_shown_with_its_example(browser: Client) -> None:
    page = text(browser, "/help/reference/expressions")
    for known in (FILTERS, FUNCTIONS, TESTS):
        for one in known.values():
            assert f'id="{one.kind}-{one.name}"' in page
            for said in (one.summary, one.example, one.result or "", *one.parameters):
                assert escape(said) in page, f"{one.name}: {said}"


@pytest.mark.parametrize(("words", "name"), [
    ("ForEach", "For each"), ("io.kestra.core.tasks.log.Log", "Log"), ("waitfor", "Loop until"),
    ("responses", "Responses"), ("dateAdd", "dateAdd"), ("secret", "secret"), ("temperature", "temperature"),
    ("baseURL", "baseUrl"), ("runIf", "runIf"), ("auth token", "options.auth.token"),
    ("concurrency", "concurrency"), ("approv", "Approval"), ("json filter", "toJson"),
    ("validator", "validator"), ("  DATEADD ", "dateAdd"),
])  # fmt: skip
def test_the_search_finds_by_name_alias_property_and_word(words: str, name: str) -> None:
    assert name in [one.name for one in search(words)[:5]]


def test_the_results_lead_to_pages_that_are_there(browser: Client) -> None:
    for one in search("e"):
        path, _, anchor = one.url.partition("#")
        assert not anchor or f'id="{anchor}"' in _page(browser, path), one.url


_PAGES: dict[str, str] = {}


def _page(browser: Client, path: str) -> str:
    if path not in _PAGES:
        _PAGES[path] = text(browser, path)
    return _PAGES[path]


def test_the_search_works_as_a_page(browser: Client) -> None:
    page = text(browser, "/help/reference", q="retry")
    assert 'href="/help/reference/every/task#property-retry"' in page
    assert 'value="retry"' in page
    assert "Nothing fits “&lt;b&gt;zzz”" in text(browser, "/help/reference", q="<b>zzz")
    assert "more; a longer word" in text(browser, "/help/reference", q="e")
    assert "Flow control" in text(browser, "/help/reference", q="  ")


def attempt(browser: Client, template: str, variables: str = "") -> str:
    answer = browser.post("/help/reference/expressions", {"template": template, "variables": variables})
    assert answer.status_code == 200
    found = re.search(r'<div id="tried" role="status">(.*?)</div>', answer.content.decode(), re.DOTALL)
    assert found is not None
    return found[1]


def test_an_expression_is_tried_on_typed_variables(browser: Client) -> None:
    assert "ADA &lt;3" in attempt(browser, "{{ inputs.name | upper }} <3", '{"inputs": {"name": "Ada"}}')
    assert "An empty text" in attempt(browser, "")


@pytest.mark.parametrize(("template", "variables", "said"), [
    ("{{ nothing }}", "", "Unable to find `nothing`"), ("{{ 1 | uper }}", "", "upper"), ("{{ a", "", "bad-text"),
    ("x", "{", "not JSON"), ("x", "[1]", "a map of names"), ("x", "[" * 100_000, "not JSON"),
    ("{{ range(1, 100000000) }}", "", "bad-text"), ("{{ kv('rate') }}", "", "does not exist"),
    ("{{ read('/etc/passwd') }}", "", "Unable to read"), ("{{ encrypt('k', 'x') }}", "", "Nothing can be encrypted"),
])  # fmt: skip
def test_what_goes_wrong_is_said_in_a_sentence(browser: Client, template: str, variables: str, said: str) -> None:
    shown = attempt(browser, template, variables)
    assert said in shown
    assert "bad-text" in shown


def test_no_stored_secret_is_told(browser: Client) -> None:
    secrets.set_value("lab", "API_KEY", "s3cr3t-VALUE-42", by="ada")
    for template in ("{{ secret('API_KEY') }}", "{{ secret('API_KEY', namespace='lab') }}", "{{ printContext() }}"):
        assert "s3cr3t" not in attempt(browser, template, '{"flow": {"namespace": "lab"}}')


def test_a_link_puts_an_example_into_the_box(browser: Client) -> None:
    page = text(browser, "/help/reference/expressions", template="{{ 1 + 1 }}")
    assert ">{{ 1 + 1 }}</textarea>" in page


def test_no_page_carries_a_script_or_a_style_of_its_own(browser: Client) -> None:
    for path in ("", "/expressions", "/every/task", "/types/io.kestra.plugin.core.http.Request"):
        page = text(browser, f"/help/reference{path}")
        assert re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page) is None, path


def test_the_reference_is_for_people_who_are_logged_in(client: Client, db: None) -> None:
    assert client.get("/help/reference").status_code == 302


def test_a_step_in_the_editor_leads_to_its_page(browser: Client) -> None:
    publish("one")
    page = text(browser, "/flows/lab/one/edit", step="log")
    assert 'href="/help/reference/types/io.kestra.plugin.core.log.Log"' in page
