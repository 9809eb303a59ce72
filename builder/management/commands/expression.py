"""`manage.py expression`: renders expressions given as lines of JSON, to try them out or compare with Kestra."""

import io
import json
import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from builder.expressions import ExpressionError, Lookups, render, render_value, result_to_json
from builder.expressions.trial import GivenLookups
from builder.expressions.typed import read_typed
from builder.store import encryption


class TrialLookups(GivenLookups):
    """The given world, with the encryption that running flows have."""

    def encrypt(self, key: str, plaintext: str) -> str:
        return encryption.encrypt(plaintext, key)

    def decrypt(self, key: str, encrypted: str) -> str:
        try:
            return encryption.decrypt_with(key, encrypted)
        except encryption.WrongKey:
            raise ExpressionError("The text cannot be decrypted with this key") from None


class Command(BaseCommand):
    help = (
        'Reads {"template": ..., "vars": {...}, "render": "typed"?} a line, prints {"result": ...} or {"error": ...}. '
        '"setup" may give kv, secrets, storage and logs. '
        'A variable that JSON cannot hold is written {"$type": "zoned_datetime", "value": "..."}.'
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("template", nargs="?", help="one template, without variables")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["template"] is not None:
            self._print(answer({"template": options["template"]}))
            return
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        for line in sys.stdin:
            if line.strip():
                self._print(answer_line(line))

    def _print(self, result: Mapping[str, Any]) -> None:
        self.stdout.write(_written(result))
        self.stdout.flush()


def _written(result: Mapping[str, Any]) -> str:
    """As readable as the encoding allows: half a character, which JSON can hold, is escaped."""
    text = json.dumps(result, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(result)
    return text


def answer_line(line: str) -> dict[str, Any]:
    """One line of JSON in, one answer out; never an exception."""
    try:
        case = json.loads(line)
    except (ValueError, RecursionError):
        return {"error": "The line is not JSON"}
    if not isinstance(case, dict) or "template" not in case:
        return {"error": 'The line needs a "template"'}
    if not all(isinstance(case.get(name) or {}, dict) for name in ("vars", "setup", "settings")):
        return {"error": '"vars", "setup" and "settings" are maps'}
    try:
        return answer(case)
    except RecursionError:
        return {"error": "The line is nested too deep"}


def answer(case: Mapping[str, Any]) -> dict[str, Any]:
    """`render` is "typed", "json..." (the text is read again), or anything else for a text or a structure."""
    template, mode = case["template"], str(case.get("render", "text"))
    try:
        variables = read_typed(case.get("vars") or {})
        lookups: Lookups = TrialLookups(case.get("setup") or {}, variables)
        if mode == "typed" or not isinstance(template, str):
            return {"result": result_to_json(render_value(template, variables, lookups, typed=mode == "typed"))}
        is_recursive = bool((case.get("settings") or {}).get("recursive_rendering"))
        text = render(template, variables, lookups, recursive=is_recursive)
        return {"result": json.loads(text) if mode.startswith("json") else text}
    except ExpressionError as error:
        return {"error": error.message}
    except ValueError:
        return {"error": "The result is not JSON"}
