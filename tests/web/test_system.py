"""What those see who run the installation: the System page and /metrics."""

import re
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from builder import counters
from builder.clock import SystemClock
from builder.runtime.vitals import health
from builder.store import births, executions, flows, processes

FLOW = "id: one\nnamespace: lab\ntasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: hello}\n"


@pytest.fixture
def admin(browser: Client, ada: User) -> Client:
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    return browser


@pytest.fixture
def waiting(transactional_db: None) -> str:
    """An execution that nobody took up, created five minutes ago."""
    now = SystemClock().now() - timedelta(minutes=5)
    flows.publish(namespace="lab", flow_id="one", source=FLOW, by="tests", now=now)
    found = births.runnable("lab", "one")
    return executions.create(births.born(found.flow, found.revision, now, inputs={})).id


def beat(name: str, kind: str, **details: Any) -> None:
    now = SystemClock().now()
    processes.beat(name, kind, now, started_at=now, details={"version": "0.1.0", **details})


def page(client: Client) -> str:
    answer = client.get("/system")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_page_is_for_admins_alone(browser: Client) -> None:
    assert browser.get("/system").status_code == 403
    assert 'href="/system"' not in browser.get("/").content.decode()


def test_it_names_who_works_on_what_and_what_waits(admin: Client, valkey: str, waiting: str) -> None:
    beat("box.w1", "worker", driven=1, places=200)
    beat("scheduler@box", "scheduler")
    now = SystemClock().now()
    claimed = executions.create(births.born(births.runnable("lab", "one").flow, 1, now, inputs={})).id
    executions.claim(claimed, "box.w1", now, 60)
    shown = page(admin)
    assert "1 of 200 places" in shown and f"/executions/{claimed}" in shown
    assert f"/executions/{waiting}" in shown and "5 min" in shown
    assert "has waited for a worker for" in shown
    assert re.search(r"(SQLite|PostgreSQL) \d", shown) and re.search(r"(Valkey|Redis) \d", shown)
    assert "OpenAI client" in shown and "are free" in shown
    assert "No worker" not in shown and "No scheduler" not in shown


def test_it_says_what_is_wrong(admin: Client, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL, settings.MEDIA_ROOT = "unix:///nowhere/socket", str(tmp_path / "files")
    (tmp_path / "files").write_text("a file where a folder should be")
    monkeypatch.setattr(health, "_migrated_until", 0.0)
    monkeypatch.setattr("builder.store.vitals.missing_migrations", lambda: ["builder.0099_more"])
    beat("box.w1", "worker", clock_offset_seconds=301.0, version="0.0.9")
    shown = page(admin)
    assert "Redis does not answer" in shown
    assert f"The folder {tmp_path / 'files'} cannot be written" in shown
    assert "The tables lack builder.0099_more" in shown
    assert "No scheduler is running" in shown
    assert "The clock of box.w1 is off by +301.0 s" in shown
    assert "box.w1 runs version 0.0.9" in shown


def test_an_execution_whose_worker_was_lost_is_shown(admin: Client, valkey: str, waiting: str) -> None:
    executions.claim(waiting, "box.gone", SystemClock().now() - timedelta(minutes=2), 10)
    assert "Lost their worker" in page(admin)


def test_the_part_that_changes_comes_alone(admin: Client, valkey: str) -> None:
    answer = admin.get("/system", headers={"hx-request": "true"})
    assert "<html" not in answer.content.decode() and "Processes" in answer.content.decode()


def metrics(**headers: str) -> tuple[int, str]:
    answer = Client(raise_request_exception=False).get("/metrics", headers=headers)
    return answer.status_code, answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_metrics_tell_how_things_stand_and_what_all_processes_counted(valkey: str, waiting: str) -> None:
    counters.count_metric("cost", 0.25, {"model": "tiny"})
    beat("box.w1", "worker", driven=1, counted=counters.told())
    Client().get("/health/live")
    status, text = metrics()
    assert status == 200
    assert 'millstream_executions{state="CREATED"} 1.0' in text
    assert "millstream_waiting 1.0" in text
    assert float(re.findall(r"^millstream_oldest_waiting_seconds (\S+)", text, re.MULTILINE)[0]) >= 299
    assert 'millstream_processes{kind="worker"} 1.0' in text
    assert re.search(r'millstream_model_cost_usd_total{model="tiny",process="box.w1"} 0\.25', text)
    assert re.search(r'http_requests_total{method="GET",process="web@[^"]+",route="/health/live",status="200"}', text)
    assert "millstream_queue_length 0.0" in text


@pytest.mark.django_db(transaction=True)
def test_metrics_are_told_when_redis_is_away(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/socket"
    status, text = metrics()
    assert status == 200 and "millstream_redis_up 0.0" in text and "millstream_database_up 1.0" in text


@pytest.mark.django_db(transaction=True)
def test_metrics_are_for_this_machine_or_for_who_brings_the_token(valkey: str, settings: Any) -> None:
    assert metrics(**{"x-forwarded-for": "127.0.0.1"})[0] == 403
    assert Client(raise_request_exception=False).get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 403
    settings.MILLSTREAM = {**settings.MILLSTREAM, "METRICS_TOKEN": "a token of one's own"}
    assert metrics()[0] == 403
    assert metrics(authorization="Bearer wrong")[0] == 403
    assert metrics(authorization="Bearer a token of one's own")[0] == 200


@pytest.mark.django_db(transaction=True)
def test_this_machine_reads_metrics_by_its_number_where_the_hosts_are_others(valkey: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["flows.example.com"]
    for host, status in (("127.0.0.1:8000", 200), ("[::1]:8000", 200), ("10.0.0.7", 400), ("evil.example", 400)):
        assert Client(HTTP_HOST=host).get("/metrics").status_code == status, host


@pytest.mark.django_db(transaction=True)
def test_metrics_speak_openmetrics_to_who_asks_for_it(valkey: str) -> None:
    status, text = metrics(accept="application/openmetrics-text; version=1.0.0")
    assert status == 200 and text.endswith("# EOF\n")


def test_an_account_for_admins_is_made_by_the_command_line(transactional_db: None) -> None:
    call_command("user", "create", "root", "--admin", stdout=StringIO())
    assert User.objects.get(username="root").is_staff
