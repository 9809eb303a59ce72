"""jq runs in a child process that cannot hurt; the child comes back after each harm."""

import os
from threading import Thread

import pytest

from builder.expressions import ExpressionError, ExpressionLimit, render
from builder.expressions.jq.process import JqProcess
from tests.doubles.patience import PATIENCE_SECONDS

BOUNDS = {"most_bytes": 1000, "most_items": 100}


@pytest.fixture
def jq():
    process = JqProcess()
    yield process
    process.stop()


def test_results_come_as_a_list(jq):
    assert jq.run(".a[] | . + 1", '{"a": [1, 2]}', **BOUNDS)[0] == "[2,3]"


def test_there_is_no_environment_and_no_input(jq):
    assert jq.run("env, $ENV", "1", **BOUNDS)[0] == "[{},{}]"
    for program in ("input", "inputs", 'import "a" as a; 1', 'include "a"; 1', "halt", '"\\(input)"'):
        with pytest.raises(ExpressionError, match="not available in the filter jq"):
            jq.run(program, "1", **BOUNDS)
    assert jq.run('.import, {input: 1}.input, "input"', "{}", **BOUNDS)[0] == '[null,1,"input"]'


def test_a_wrong_program_says_so_without_the_values(jq):
    with pytest.raises(ExpressionError, match="syntax error"):
        jq.run(".a.b(", "1", **BOUNDS)
    with pytest.raises(ExpressionError, match="does not fit the value") as caught:
        jq.run(".a", '"s3cr3t"', **BOUNDS)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("program", ["def f: f; f", "[recurse(. + [1])]", '"x" * 1000000000', "range(1000000)"])
def test_it_is_stopped_and_works_again(jq, program):
    with pytest.raises(ExpressionLimit):
        jq.run(program, "[1]", **BOUNDS)
    assert jq.run(".", "1", **BOUNDS)[0] == "[1]"


def test_it_starts_again_when_the_child_was_killed(jq):
    assert jq.run(".", "1", **BOUNDS)[0] == "[1]"
    jq._process.kill()
    jq._process.wait()
    assert jq.run(".", "2", **BOUNDS)[0] == "[2]"


def test_threads_take_turns(jq):
    results = {}

    def ask(number):
        results[number] = jq.run(".", str(number), **BOUNDS)[0]

    threads = [Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: f"[{number}]" for number in range(20)}


def test_the_child_ends_when_its_input_closes(jq):
    jq.run(".", "1", **BOUNDS)
    jq._process.stdin.close()
    assert jq._process.wait(timeout=PATIENCE_SECONDS) == 0


def test_a_forked_process_lets_go_of_the_child_and_starts_its_own():
    assert render("{{ 1 | jq('.') }}", {}) == "[1]"
    child = os.fork()
    if child == 0:
        os._exit(0 if render("{{ 2 | jq('.') }}", {}) == "[2]" else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert render("{{ 3 | jq('.') }}", {}) == "[3]"


def test_the_time_of_many_calls_adds_up():
    with pytest.raises(ExpressionLimit):
        render("{% for i in range(1, 50) %}{{ i | jq('reduce range(300000) as $x (0; . + $x)') }}{% endfor %}", {})
