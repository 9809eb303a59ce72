"""Plays the shared corpora, where they are: conformance with Kestra, and hostile expressions."""

import json
import re
import time
from pathlib import Path

import pytest
import yaml

from builder.expressions import ExpressionError, render
from builder.expressions.trial import GivenLookups
from builder.management.commands.expression import answer

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"

KNOWN_DIFFERENCES = {
    "JqFilterTest.java#typed": "a fraction is a double here, Kestra's test holds a 32-bit float",
    "ToIonFilterTest.java#toIonFilter": "likewise: 1.123 prints as it was written, not as a 32-bit float",
    "DateFilterTest.java#instantmicro": "timestampMicro gives microseconds, as newer Kestra does",
}
"""Reasons by the Java test; each covers one case."""


def corpus(name):
    path = CORPUS / name
    if not path.exists():
        pytest.skip("the shared corpus is not here")
    return yaml.safe_load(path.read_text())


def problem(case):
    """What is wrong with the answer to a case, or nothing."""
    given = answer(case)
    if "error" in given:
        expected = case.get("error") and case.get("error_contains", "") in given["error"]
        return "" if expected else f"raised {given['error']}"
    return f"no error but {given}" if case.get("error") else compare(case, given["result"])


def compare(case, result):
    low, high = case.get("expect_int_between", (0, 0))
    judged = {
        "expect": lambda wanted: result == wanted,
        "expect_json": lambda wanted: json.loads(result) == wanted,
        "expect_contains": lambda wanted: all(part in result for part in wanted),
        "expect_startswith": lambda wanted: result.startswith(wanted),
        "expect_not": lambda wanted: result != wanted,
        "expect_match": lambda wanted: re.search(wanted, result),
        "expect_int_between": lambda wanted: low <= int(result) <= high,
        "expect_json_set": lambda wanted: set(json.loads(result)) == set(wanted),
        "expect_json_contains": lambda wanted: all(item in json.loads(result) for item in wanted),
        "derived_expect": lambda wanted: result == wanted,
    }
    wrong = [name for name, judge in judged.items() if name in case and not judge(case[name])]
    return f"{', '.join(wrong)}: {result!r}" if wrong else ""


def test_expressions_render_as_in_kestra():
    cases = corpus("expression_cases.yaml")
    wrong = {}
    for case in cases:
        if found := problem(case):
            wrong[str(case["template"])] = (case["java"].rsplit("/", 1)[-1], found)
    unexpected = {template: found for template, found in wrong.items() if found[0] not in KNOWN_DIFFERENCES}
    assert not unexpected
    assert len(wrong) <= len(KNOWN_DIFFERENCES)
    assert len(cases) - len(wrong) >= 0.98 * len(cases)


HOSTILE_VARIABLES = {
    "inputs": {"name": "Ada"},
    "flow": {"id": "f", "namespace": "n"},
    "execution": {"id": "e"},
    "outputs": {"ai": {"text": "{{ secret('TEST') }}"}},
}
LEAKS = ("__", "<class", "<function", "builtin", "Traceback", "/usr/", "/home", "site-packages", "root:x", "os.environ")


def hostile_problem(case, result, error):
    expression = case.get("expr") or ""
    if case["must"] == "error" and error is None:
        return "no error"
    if case["must"] == "no_internal" and result is not None and any(leak in result for leak in LEAKS):
        return f"leaks {result!r}"
    if case["must"] == "bounded" and error is None and len(result) > 100:
        return f"rendered {result[:100]!r}"
    if case["must"] == "text" and error is None and "49" in result:
        return "rendered twice"
    return "the error quotes the secret" if error and "s3cr3t" in error and "s3cr3t" not in expression else ""


def outcome(expression):
    """(result, error) of a hostile expression; anything but an ExpressionError escapes."""
    world = GivenLookups({"secrets": {"TEST": "s3cr3t-VALUE-42"}}, HOSTILE_VARIABLES)
    try:
        return render(expression, HOSTILE_VARIABLES, world), None
    except ExpressionError as error:
        return None, str(error)


def test_hostile_expressions_get_nothing_and_end_soon():
    wrong = {}
    for case in corpus("hostile_expressions.yaml")["expressions"]:
        expression = case.get("expr") or eval(case["expr_python"])  # noqa: S307  (the corpus is ours)
        started = time.thread_time()
        result, error = outcome(expression)
        seconds = time.thread_time() - started
        found = hostile_problem(case, result, error) or ("" if seconds < 1.5 else f"took {seconds:.1f} s")
        if found:
            wrong[case["id"]] = found
    assert not wrong
