"""A polling trigger asks a real server, one look at a time, and starts the flow when the answer fits."""

import ipaddress
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from builder.actions import flows, secrets
from builder.actions.executions import again
from builder.clock import FixedClock, SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.errors import Unavailable
from builder.models import Trigger as TriggerRow
from builder.runtime.runner.runner import Runner
from builder.store import executions, triggers
from builder.store.executions import Filters
from builder.store.triggers import states as trigger_states
from builder.triggers import asking
from builder.triggers.polling import Poller
from builder.triggers.schedule import health
from tests.runtime.conftest import ended

pytestmark = pytest.mark.django_db(transaction=True)
FLOW = """
id: watch
namespace: lab
variables: {{wanted: GET}}
inputs:
  - {{id: said, type: STRING}}
tasks:
  - {{id: say, type: io.kestra.plugin.core.log.Log, message: hi}}
triggers:
  - id: look
    type: io.kestra.plugin.core.http.Trigger
    uri: "{url}"
    interval: PT5M
    headers: {{X-Flow: "{{{{ flow.id }}}}"}}
    inputs: {{said: "{{{{ fromJson(trigger.body).method }}}} {{{{ trigger.code }}}}"}}
    responseCondition: "{{{{ fromJson(response.body).method == vars.wanted }}}}"
{more}
"""


class Site(HTTPServer):
    """Answers with the method it was asked by, and remembers the headers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[dict[str, str]] = []


class Answers(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.requests.append(dict(self.headers))
        body = json.dumps({"method": self.command}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr("builder.runtime.queue.ring_on_commit", lambda ids: None)
    settings.MILLSTREAM = {**settings.MILLSTREAM, "ALLOW_NETWORKS": (ipaddress.ip_network("127.0.0.1/32"),)}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(SystemClock().now())


@pytest.fixture
def poller(clock: FixedClock) -> Iterator[Poller]:
    made = Poller(clock)
    yield made
    made.close()


def publish(site: Site, more: str = "", path: str = "/echo") -> None:
    flows.create_flow(FLOW.format(url=site.url + path, more=more), by="ada")


def look(poller: Poller) -> int:
    """One look to its end; how many executions came of it."""
    started = poller.tick()
    poller.wait()
    return started + poller.tick()


def trigger() -> triggers.Trigger:
    return triggers.get("lab", "watch", "look")


def found() -> list[Execution]:
    return [executions.load(item.id)[0] for item in executions.search(Filters(flow_id="watch")).items]


def test_an_answer_that_fits_starts_the_flow(site: Site, poller: Poller, clock: FixedClock) -> None:
    publish(site, "    allowConcurrent: true")
    assert look(poller) == 1, trigger().message
    (execution,) = found()
    assert execution.inputs == {"said": "GET 200"}
    assert site.requests[0]["X-Flow"] == "watch"
    assert look(poller) == 0 and len(site.requests) == 1
    clock.advance(timedelta(minutes=5))
    assert look(poller) == 1 and len(site.requests) == 2


def test_it_does_not_ask_while_what_it_started_goes_on(site: Site, poller: Poller, clock: FixedClock) -> None:
    publish(site)
    assert look(poller) == 1
    clock.advance(timedelta(minutes=5))
    assert look(poller) == 0 and len(site.requests) == 1
    assert "Waits until execution" in trigger().message
    trigger_states.unlock("lab", "watch", "look", clock.now())
    clock.advance(timedelta(minutes=5))
    assert look(poller) == 1


def test_an_answer_that_does_not_fit_starts_nothing(site: Site, poller: Poller) -> None:
    publish(site, "    method: POST")
    assert look(poller) == 0
    assert found() == [] and len(site.requests) == 1 and trigger().message == ""


def test_two_schedulers_make_one_look(site: Site, poller: Poller, clock: FixedClock) -> None:
    publish(site)
    other = Poller(clock)
    seen = triggers.due([trigger().type], clock.now())
    assert poller.tick() == 0
    assert not triggers.claim(seen[0], clock.now(), clock.now(), next_at=clock.now())
    assert look(other) == 0 and look(poller) == 1
    assert len(site.requests) == 1


def test_a_look_whose_process_went_away_is_made_again(site: Site, poller: Poller, clock: FixedClock) -> None:
    publish(site)
    assert triggers.claim(trigger(), clock.now(), clock.now() + timedelta(minutes=4), next_at=clock.now())
    assert look(poller) == 0
    clock.advance(timedelta(minutes=4))
    assert look(poller) == 1


FAILS = "    failOnTriggerError: true"


@pytest.mark.parametrize(("more", "count"), [("", 0), (FAILS, 1)])
def test_a_look_that_fails_is_told(poller: Poller, site: Site, more: str, count: int) -> None:
    publish(site, more)
    flows.update_flow("lab", "watch", FLOW.format(url="http://127.0.0.1:9/x", more=more), by="ada")
    assert look(poller) == 0
    assert "127.0.0.1:9 cannot be reached" in trigger().message
    assert [one.state for one in found()] == [State.FAILED] * count


def test_a_secret_in_an_address_that_is_none_is_told_to_nobody(
    poller: Poller, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    publish(site)
    secrets.set_value("lab", "ADDRESS", "hush-hush-4711", by="ada")
    flows.update_flow("lab", "watch", FLOW.format(url="{{ secret('ADDRESS') }}", more=""), by="ada")
    look(poller)
    assert "an address begins with http" in trigger().message
    assert "hush" not in trigger().message + caplog.text


def test_a_secret_in_an_address_is_masked_in_what_a_look_logs(
    poller: Poller, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    secrets.set_value("lab", "TOKEN", "hush-hush-4711", by="ada")
    publish(site, path="/?token={{ secret('TOKEN') }}")
    with caplog.at_level("DEBUG", "builder.triggers"):
        look(poller)
    assert "?token=****** answered 200" in caplog.text and "hush" not in caplog.text


@pytest.mark.parametrize("more", ["", FAILS])
def test_a_look_that_fails_again_and_again_is_an_alert_until_one_succeeds(
    poller: Poller, site: Site, clock: FixedClock, more: str
) -> None:
    publish(site, "    method: POST")
    flows.update_flow("lab", "watch", FLOW.format(url="http://127.0.0.1:9/x", more=more), by="ada")
    counts = []
    for _ in range(4):
        look(poller)
        counts.append([alert.count for alert in health.alerts(clock)])
        clock.advance(timedelta(minutes=5))
    assert counts == [[], [], [3], [4]]
    (alert,) = health.alerts(clock)
    assert "look failed: 127.0.0.1:9" in alert.words and not alert.can_be_heeded
    assert trigger().failing_since == clock.now() - timedelta(minutes=20)
    TriggerRow.objects.update(definition=json.dumps({**trigger().definition, "uri": site.url, "method": "POST"}))
    look(poller)
    assert health.alerts(clock) == [] and (trigger().failures, trigger().message) == (0, "")


def test_while_its_failed_execution_runs_again_it_still_tells_why_the_look_failed(
    poller: Poller, site: Site, clock: FixedClock
) -> None:
    publish(site)
    flows.update_flow("lab", "watch", FLOW.format(url="http://127.0.0.1:9/x", more=FAILS), by="ada")
    look(poller)
    again.restart(found()[0].id)
    clock.advance(timedelta(minutes=5))
    look(poller)
    assert trigger().failures == 1 and "127.0.0.1:9 cannot be reached" in trigger().message


def test_properties_that_cannot_be_told_are_failures_too(poller: Poller, site: Site, clock: FixedClock) -> None:
    publish(site)
    wrong = FLOW.format(url="{{ nothing.here }}", more="")
    flows.update_flow("lab", "watch", wrong, by="ada")
    look(poller)
    look(poller)
    assert trigger().failures == 1 and "nothing" in trigger().message


def test_stop_after_switches_it_off_until_somebody_switches_it_on(
    site: Site, poller: Poller, clock: FixedClock, runner: Runner
) -> None:
    publish(site, "    stopAfter: [SUCCESS]")
    look(poller)
    runner.take([found()[0].id])
    ended(found()[0].id)
    clock.advance(timedelta(minutes=5))
    assert look(poller) == 0 and not trigger().active
    triggers.set_enabled(*trigger().place, True, clock.now())
    assert look(poller) == 1 and trigger().active


def test_a_when_that_does_not_hold_starts_nothing(site: Site, poller: Poller) -> None:
    publish(site, '    when: "{{ trigger.code == 404 }}"')
    assert look(poller) == 0
    assert trigger().message == "`when` did not hold."


def test_what_was_found_waits_for_a_busy_database(site: Site, poller: Poller, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any) -> None:
        raise Unavailable("The database is busy.")

    publish(site)
    with monkeypatch.context() as patched:
        patched.setattr(triggers, "note_execution", busy)
        with pytest.raises(Unavailable):
            look(poller)
    assert found() == [], "all or nothing"
    assert poller.tick() == 1 and len(site.requests) == 1 and trigger().held_until is None


def test_what_is_found_waits_for_what_the_inputs_ask(site: Site, poller: Poller) -> None:
    publish(site, "checks:\n  - {when: \"{{ http('" + site.url + "/check') is not null }}\", message: no}")
    assert look(poller) == 0 and trigger().held_until is not None
    for one in asking._under_way.values():
        one.answer.result(10)
    assert poller.tick() == 1 and trigger().held_until is None
