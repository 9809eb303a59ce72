"""`manage.py flow validate FILE...`: checks flows in files, without a server or a database."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from builder.errors import Problem, Severity
from builder.flows.check import check
from builder.flows.document import split_places
from builder.flows.limits import Limits
from builder.tasks.catalogue import catalogue


class Command(BaseCommand):
    help = "Checks flows in files: file:line:column: message (hint). Exits with 1 when any has an error."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        validate = verbs.add_parser("validate", help="Check flows in files (several in one file between --- lines).")
        validate.add_argument("files", nargs="+", metavar="FILE", help="A file, or - for standard input.")
        validate.add_argument("--json", action="store_true", help="Print one JSON list of all problems.")

    def handle(self, **options: Any) -> None:
        found = [(name, problem) for name in options["files"] for problem in _problems(name)]
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(name, problem) for name, problem in found], indent=2))
        else:
            for name, problem in found:
                self.stdout.write(_as_line(name, problem))
        wrong = sum(problem.severity is Severity.ERROR for _, problem in found)
        if not options["json"]:
            self.stderr.write(f"{len(options['files'])} file(s), {wrong} error(s), {len(found) - wrong} warning(s)")
        if wrong:
            sys.exit(1)


def _problems(name: str) -> list[Problem]:
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        text = raw.decode("utf-8")
    except OSError as error:
        return [Problem((), 0, 0, f"cannot be read: {error.strerror}")]
    except UnicodeDecodeError as error:
        return [Problem((), 0, 0, f"is not UTF-8 text: byte {error.start} cannot be read", "Save it as UTF-8.")]
    known, limits = catalogue(), Limits(bytes_=settings.MILLSTREAM["FLOW_BYTES"])
    return [
        _shifted(problem, above)
        for above, flow in split_places(text) or [(0, text)]
        for problem in check(flow, known, limits=limits).problems
    ]


def _shifted(problem: Problem, above: int) -> Problem:
    line = problem.line + above if problem.line else 0
    return Problem(problem.path, line, problem.column, problem.message, problem.hint, problem.severity)


def _as_line(name: str, problem: Problem) -> str:
    hint = f" ({problem.hint})" if problem.hint else ""
    word = "warning: " if problem.severity is Severity.WARNING else ""
    return f"{name}:{problem.line}:{problem.column}: {word}{problem.message}{hint}"


def _as_json(name: str, problem: Problem) -> dict[str, Any]:
    return {
        "file": name, "line": problem.line, "column": problem.column, "path": problem.where,
        "message": problem.message, "hint": problem.hint, "severity": problem.severity.value,
    }
