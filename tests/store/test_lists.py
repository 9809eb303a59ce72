"""Lists stay quick and ask a bounded number of queries, however long the history is."""

from datetime import timedelta
from typing import Any

import pytest

from builder.engine.states import State
from builder.flows.model import Concurrency
from builder.models import Execution
from builder.store import executions, flows
from builder.store.executions import Filters, NewExecution
from builder.store.executions import history as lists
from tests.store.conftest import NOW, an_execution

pytestmark = pytest.mark.django_db
ROWS = 2000


@pytest.fixture
def history() -> None:
    """2,000 executions of 20 flows in two namespaces, each a second after the other."""
    news = [
        NewExecution(
            an_execution(
                namespace="team.a" if n % 2 else "other",
                flow_id=f"flow{n % 20}",
                state=State.FAILED if n % 10 == 0 else State.SUCCESS,
                labels=(("shard", str(n % 4)), ("even", str(n % 2 == 0))),
                created_at=NOW + timedelta(seconds=n),
                history=((State.CREATED, NOW), (State.SUCCESS, NOW)),
            )
        )
        for n in range(ROWS)
    ]
    executions.create_many(news)


@pytest.mark.parametrize(
    ("filters", "total"),
    [
        (Filters(), ROWS),
        (Filters(namespace="team"), 1000),
        (Filters(namespace="tea"), 0),
        (Filters(flow_id="flow3"), 100),
        (Filters(states=[State.FAILED]), 200),
        (Filters(labels=[("shard", "1"), ("even", "False")]), 500),
        (Filters(labels=[("shard", "1"), ("even", "True")]), 0),
        (Filters(text="FLOW1"), 1100),
        (Filters(since=NOW + timedelta(seconds=1990)), 10),
        (Filters(until=NOW + timedelta(seconds=10), namespace="team.a"), 5),
    ],
)
def test_a_filtered_page_takes_three_queries(
    history: None,
    filters: Filters,
    total: int,
    django_assert_max_num_queries: Any,
):
    with django_assert_max_num_queries(3):
        page = executions.search(filters, page=1, size=25)
    assert (page.total, len(page.items)) == (total, min(25, total))
    assert list(page.items) == sorted(page.items, key=lambda item: item.created_at, reverse=True)


def test_the_last_page_holds_the_oldest(history: None):
    page = executions.search(Filters(), page=80, size=25)
    assert (page.pages, page.items[-1].created_at) == (80, NOW)
    assert executions.search(Filters(), page=81, size=25).items == ()


def test_what_begins_as_a_list_is_read_is_not_counted_without_being_shown(monkeypatch: pytest.MonkeyPatch):
    executions.create(NewExecution(an_execution()))
    read = lists._item_rows

    def meanwhile(ids: list[str]) -> Any:
        executions.create(NewExecution(an_execution()))
        return read(ids)

    monkeypatch.setattr(lists, "_item_rows", meanwhile)
    page = executions.search(Filters())
    assert (page.total, len(page.items)) == (1, 1)


def test_a_page_can_be_sorted_otherwise(history: None):
    page = executions.search(Filters(), size=5, sort="created")
    assert [item.created_at for item in page.items] == [NOW + timedelta(seconds=n) for n in range(5)]


def test_small_bars_of_many_flows_take_two_queries(history: None, django_assert_num_queries: Any):
    wanted = [("team.a", f"flow{n}") for n in range(1, 20, 2)]
    with django_assert_num_queries(2):
        bars = executions.recent_states(wanted, last=7)
    assert {len(bar) for bar in bars.values()} == {7}
    assert bars[("team.a", "flow1")][-1].created_at == NOW + timedelta(seconds=1981)


def test_states_are_counted_in_one_query(history: None, django_assert_num_queries: Any):
    with django_assert_num_queries(1):
        assert executions.counts(Filters()) == {State.FAILED: 200, State.SUCCESS: 1800}


def test_the_newest_page_is_read_from_an_index(history: None):
    plan = Execution.objects.order_by("-created_at", "-id").values_list("id")[:25].explain()
    assert "execution_recent" in plan


def test_flows_are_listed_in_two_queries_however_many(django_assert_max_num_queries: Any):
    for n in range(60):
        flows.publish(
            namespace=f"team.{n % 3}",
            flow_id=f"flow{n:02}",
            source=f"id: flow{n}",
            by="ada",
            now=NOW,
            description="odd" if n % 2 else "even",
            labels=[("n", str(n))],
        )
    with django_assert_max_num_queries(2):
        page = flows.search(namespace="team", text="odd", size=10, page=2)
    assert (page.total, len(page.items)) == (30, 10)
    assert [item.id for item in flows.search(labels=[("n", "7")]).items] == ["flow07"]
    assert flows.namespaces() == ["team.0", "team.1", "team.2"]
    assert flows.latest_sources([("team.1", "flow01"), ("team.1", "none")]) == {("team.1", "flow01"): "id: flow1"}
    assert [found.flow_id for found in flows.search_sources("flow12")] == ["flow12"]


def test_logs_are_followed_from_where_one_was():
    execution = executions.create(NewExecution(an_execution()))
    claim = executions.claim(execution.id, "w", NOW, 10)
    assert claim
    lines = [executions.LogLine(NOW, "ERROR" if n % 5 == 0 else "INFO", f"line {n}\x00", path="say") for n in range(20)]
    executions.save([executions.Saved(execution, claim.epoch, logs=lines)], NOW)
    first = executions.logs(execution.id, limit=10)
    rest = executions.logs(execution.id, after_id=first[-1].id)
    assert [line.message.rstrip("�") for line in (*first, *rest)] == [f"line {n}" for n in range(20)]
    assert len(executions.error_logs(execution.id)) == 4
    assert [line.message[:7] for line in executions.last_logs(execution.id, 2)] == ["line 18", "line 19"]
    assert executions.count_logs(execution.id) == 20
    newest = executions.search_logs(namespace="team", text="line 1", min_level="ERROR")
    assert [line.message[:7] for line in newest] == ["line 15", "line 10"]


def test_what_is_deleted_holds_no_place():
    limit = Concurrency(1)
    first, second = [executions.create(NewExecution(an_execution(), concurrency=limit)) for _ in range(2)]
    executions.delete([first.id])
    assert executions.states([second.id])[second.id] is State.CREATED


def test_a_limit_that_was_raised_lets_as_many_in_and_none_lets_all_in():
    limit = Concurrency(1)
    born = [executions.create(NewExecution(an_execution(), concurrency=limit)) for _ in range(5)]
    assert executions.change_limit("team", "hello", Concurrency(2), NOW) == [born[1].id]
    assert executions.change_limit("team", "hello", Concurrency(2), NOW) == []
    assert len(executions.change_limit("team", "hello", None, NOW)) == 3
