"""`manage.py flow validate FILE...` checks flows in files, without a server; asks a database where there is one.

`manage.py flow import FILE...` publishes flows, new ones and new revisions, and makes drafts of Instill's recipes.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from builder.actions import recipes
from builder.actions.flows import spoken_in
from builder.clock import SystemClock
from builder.errors import BuilderError, Fault, InvalidFlow, InvalidInput, Problem, Severity
from builder.flows.check import Checked, check
from builder.flows.document import parse, split_places
from builder.flows.together import Together
from builder.schedule import Recover
from builder.store.births import StoredWorld, compat, limits
from builder.tasks.catalogue import catalogue
from builder.triggers.resuming import save_with

_CLOCK = SystemClock()


class Command(BaseCommand):
    help = "Checks flows in files (file:line:column: message), or imports flows and recipes."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        validate = verbs.add_parser("validate", help="Check flows in files (several in one file between --- lines).")
        validate.add_argument("files", nargs="+", metavar="FILE", help="A file, or - for standard input.")
        validate.add_argument(
            "--json", action="store_true", help="Print one JSON list of all problems, and of what each flow speaks."
        )
        bring = verbs.add_parser("import", help="Publish flows, new or changed; make drafts of Instill's recipes.")
        bring.add_argument("files", nargs="+", metavar="FILE", help="A file, or - for standard input.")
        bring.add_argument("--namespace", default="", help="Where the flow of a recipe belongs; flows have their own.")
        bring.add_argument(
            "--recover-missed-schedules", type=str.upper, choices=list(Recover), default=None,
            help="What becomes of times that passed while a schedule was off; what the schedule says, without it.",
        )  # fmt: skip
        bring.add_argument("--id", default="", help="What it is called; the name of the file without it.")

    def handle(self, **options: Any) -> None:
        if options["verb"] == "import":
            for name in options["files"]:
                self._bring_in(name, options)
            return
        self._validate(options)

    def _bring_in(self, name: str, options: Mapping[str, Any]) -> None:
        save = partial(save_with, recover=options["recover_missed_schedules"], clock=_CLOCK, by="console")
        try:
            text = _text(name)
            named = options["id"] or recipes.id_from(name)
            made = recipes.bring_in(text, namespace=options["namespace"], flow_id=named, by="console", save=save)
        except InvalidFlow as error:
            raise CommandError("\n".join([error.message, *(_as_line(name, one) for one in error.problems)])) from error
        except BuilderError as error:
            raise CommandError(f"{name}: {error.message}") from error
        for one in made.problems:
            self.stderr.write(_as_line(name, one))
        for published in made.published:
            what = f"published revision {published.revision.number} of" if published.is_new else "unchanged:"
            self.stdout.write(f"{what} {published.flow.namespace}.{published.flow.id}")
            for resumed in published.resumed:
                self.stdout.write(f"  {resumed.in_words}")
            for one in published.warnings:
                self.stderr.write(f"  warning: {one.where}: {one.message} ({one.hint})")
        if made.draft is not None:
            self.stdout.write(f"draft {'.'.join(made.draft)}: look at it in the editor, then publish it")

    def _validate(self, options: Mapping[str, Any]) -> None:
        read = {name: _read(name) for name in options["files"]}
        texts = [part for parts in read.values() if isinstance(parts, list) for _, part in parts]
        world = Together((parse(text, limits()).data for text in texts), _Stored())
        answers = {name: _answers(parts, world) for name, parts in read.items()}
        found = [(name, problem) for name, given in answers.items() for one in given for problem in one.problems]
        if options["json"]:
            listed = [_as_json(name, problem) for name, problem in found]
            listed += [info for name, given in answers.items() for one in given for info in one.infos(name)]
            self.stdout.write(json.dumps(listed, indent=2))
        else:
            for name, problem in found:
                self.stdout.write(_as_line(name, problem))
        wrong = sum(problem.severity is Severity.ERROR for _, problem in found)
        if not options["json"]:
            self.stderr.write(f"{len(options['files'])} file(s), {wrong} error(s), {len(found) - wrong} warning(s)")
        if wrong:
            sys.exit(1)


class _Stored(StoredWorld):
    """The flows of the database, where there is one; what cannot be known is taken to be there."""

    def flow_exists(self, namespace: str, id: str) -> bool:
        try:
            return not _has_database() or super().flow_exists(namespace, id)
        except DatabaseError:
            return True

    def flow_triggers(self) -> Iterable[tuple[tuple[str, str], Mapping[str, Any]]]:
        try:
            return super().flow_triggers() if _has_database() else []
        except DatabaseError:
            return []

    def flow_map(self, namespace: str, id: str) -> Mapping[str, Any] | None:
        try:
            return super().flow_map(namespace, id) if _has_database() else None
        except DatabaseError:
            return None


def _has_database() -> bool:
    """To look into a database file that is not there would make one."""
    return connection.vendor != "sqlite" or Path(str(connection.settings_dict["NAME"])).exists()


def _read(name: str) -> list[tuple[int, str]] | Problem:
    """The flows of a file, each with the lines above it, or why it cannot be read."""
    try:
        text = _text(name)
    except InvalidInput as error:
        fault = error.faults[0]
        return Problem((), 0, 0, fault.message, fault.hint)
    return list(split_places(text)) or [(0, text)]


def _text(name: str) -> str:
    """What is in a file. Raises InvalidInput."""
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return raw.decode("utf-8")
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        said = f"is not UTF-8 text: byte {error.start} cannot be read"
        raise InvalidInput([Fault((), said, "Save it as UTF-8.")]) from error


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is said of one text: of one flow in a file, or of a file that cannot be read."""

    problems: tuple[Problem, ...]
    checked: Checked | None = None
    above: int = 0

    def infos(self, name: str) -> Iterator[dict[str, Any]]:
        """The dialect of the flow and its older names, as entries that count for nothing."""
        if self.checked is None or not isinstance(self.checked.document.data, Mapping):
            return
        document, spoken = self.checked.document, spoken_in(self.checked)
        yield self._info(name, document.problem((), spoken.dialect.sentence)) | {"dialect": spoken.dialect.value}
        for sign in spoken.hints:
            yield self._info(name, document.problem(sign.path, sign.message, key=True))

    def _info(self, name: str, problem: Problem) -> dict[str, Any]:
        return _as_json(name, _shifted(problem, self.above)) | {"severity": "info"}


def _answers(parts: list[tuple[int, str]] | Problem, world: Together) -> list[_Answer]:
    if isinstance(parts, Problem):
        return [_Answer((parts,))]
    known, within, release = catalogue(), limits(), compat()
    found = []
    for above, flow in parts:
        checked = check(flow, known, world=world, limits=within, compat=release)
        found.append(_Answer(tuple(_shifted(problem, above) for problem in checked.problems), checked, above))
    return found


def _shifted(problem: Problem, above: int) -> Problem:
    return replace(problem, line=problem.line + above) if problem.line else problem


def _as_line(name: str, problem: Problem) -> str:
    hint = f" ({problem.hint})" if problem.hint else ""
    word = "warning: " if problem.severity is Severity.WARNING else ""
    return f"{name}:{problem.line}:{problem.column}: {word}{problem.message}{hint}"


def _as_json(name: str, problem: Problem) -> dict[str, Any]:
    return {
        "file": name,
        "line": problem.line,
        "column": problem.column,
        "path": problem.where,
        "message": problem.message,
        "hint": problem.hint,
        "severity": problem.severity.value,
    }
