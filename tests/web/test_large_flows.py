"""Large flows at the pages: saved, edited, drawn as list and graph, published, and their executions shown."""

import json
from typing import Any

import pytest
from django.test import Client

from builder.actions import drafts, flows
from builder.actions.executions import running
from builder.flows.document import parse
from tests.doubles.large_flows import flat_flow, mixed_flow, nested_flow

LARGE = {"flat": flat_flow(500), "nested": nested_flow(500, 50), "mixed": mixed_flow(50)}


def facts(page: str) -> dict[str, Any]:
    script = page.split('<script id="editor-facts" type="application/json">')[1]
    return dict(json.loads(script.split("</script>")[0]))


@pytest.mark.parametrize("name", LARGE)
def test_a_large_flow_is_saved_edited_drawn_and_published(browser: Client, name: str) -> None:
    drafts.save_draft("large", name, LARGE[name], by="ada")
    address = f"/flows/large/{name}/edit"
    known = facts(browser.get(address).content.decode())
    assert len(known["steps"]) == (51 if name == "mixed" else 500) and not known["problems"]
    deepest = max((step["path"] for step in known["steps"] if step["type"].endswith("Return")), key=len)
    body = {"do": "field", "path": [*deepest, "format"], "control": "textarea", "raw": "other", "chosen": deepest,
            "base": known["base"], "view": "graph"}  # fmt: skip
    answer = browser.post(f"{address}/change", json.dumps(body), "application/json").json()
    assert answer["text"] == LARGE[name].replace(*_changed(LARGE[name], answer["text"]))
    assert 'aria-current="true"' in answer["graph"] and 'aria-current="true"' in answer["outline"]
    published = browser.post(f"{address}/publish", "{}", "application/json").json()
    assert "Published as revision 1" in published["message"]
    assert browser.get(f"{address}/run").status_code == 200


def _changed(old: str, new: str) -> tuple[str, str]:
    """The one line that differs."""
    lines = [pair for pair in zip(old.splitlines(), new.splitlines(), strict=True) if pair[0] != pair[1]]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize("name", LARGE)
def test_the_page_of_a_large_execution_is_drawn_as_table_and_as_graph(browser: Client, name: str) -> None:
    flows.create_flow(LARGE[name], by="ada")
    execution = running.run("large", name, {}, by="ada")
    for query in ("", "?view=graph"):
        page = browser.get(f"/executions/{execution.id}{query}")
        assert page.status_code == 200
    assert page.content.decode().count('class="node task') == (
        51 if name == "mixed" else 120 if name == "nested" else 500
    )


def test_every_text_of_the_large_flows_is_read() -> None:
    assert not [name for name, text in LARGE.items() if parse(text).problems]
