"""The reference's pages: whole for every type, and each example opens as a flow that can be edited."""

import pytest
from django.test import Client

from builder.flows.check import check
from builder.flows.document import Document
from builder.store.flows import drafts
from builder.tasks.catalogue import catalogue
from builder.web.reference.opening import flow_text
from builder.web.reference.search import search
from tests.web.test_pages import text

ENTRIES = catalogue().all()


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])
def test_the_example_of_each_type_opens_as_a_flow(entry) -> None:
    checked = check(flow_text(entry, "shown", "lab"), catalogue())
    said = [problem.message for problem in checked.errors]
    assert isinstance(checked.document, Document) and said == [], said


@pytest.mark.parametrize(
    ("words", "first"),
    [("??", "??"), ("Labels", "Set labels"), ("elseif", "if"), ("raw", "raw")],
)
def test_operators_and_tags_are_found_beside_types(words: str, first: str) -> None:
    assert first in [found.name for found in search(words)][:5]


def test_an_example_becomes_a_draft(browser: Client) -> None:
    page = text(browser, "/help/reference/types/io.kestra.plugin.core.kv.Set")
    assert "/flows/new?example=io.kestra.plugin.core.kv.Set" in page
    given = {"id": "kept", "namespace": "lab", "example": "io.kestra.plugin.core.kv.Set"}
    assert browser.post("/flows/new", given).status_code == 302
    assert "key: last_response" in drafts.get("lab", "kept").text
    assert text(browser, "/flows/new?example=nobody").count("It begins with the example") == 0


def test_operators_and_tags_have_their_place(browser: Client) -> None:
    page = text(browser, "/help/reference/expressions")
    assert 'id="operator-otherwise"' in page and 'id="tag-for"' in page
