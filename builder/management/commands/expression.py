"""`manage.py expression`: renders expressions given as lines of JSON, to try them out or compare with Kestra."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from builder.expressions import ExpressionError, render, render_value, result_to_json
from builder.expressions.typed import read_typed


class Command(BaseCommand):
    help = (
        'Reads {"template": ..., "vars": {...}, "render": "typed"?} a line, prints {"result": ...} or {"error": ...}. '
        'A variable that JSON cannot hold is written {"$type": "zoned_datetime", "value": "..."}.'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("template", nargs="?", help="one template, without variables")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["template"] is not None:
            self._print(answer({"template": options["template"]}))
            return
        for line in self._lines():
            if line.strip():
                self._print(_answer_line(line))

    def _lines(self) -> Any:
        return sys.stdin

    def _print(self, result: Mapping[str, Any]) -> None:
        self.stdout.write(json.dumps(result, ensure_ascii=False))
        self.stdout.flush()


def _answer_line(line: str) -> dict[str, Any]:
    try:
        case = json.loads(line)
    except (ValueError, RecursionError):
        return {"error": "The line is not JSON"}
    if not isinstance(case, dict) or "template" not in case:
        return {"error": 'The line needs a "template"'}
    return answer(case)


def answer(case: Mapping[str, Any]) -> dict[str, Any]:
    """`render` is "typed", "json..." (the text is read again), or anything else for a text or a structure."""
    template, mode = case["template"], str(case.get("render", "text"))
    try:
        variables = read_typed(case.get("vars") or {})
        if mode == "typed":
            return {"result": result_to_json(render_value(template, variables, typed=True))}
        if not isinstance(template, str):
            return {"result": result_to_json(render_value(template, variables))}
        is_recursive = bool((case.get("settings") or {}).get("recursive_rendering"))
        text = render(template, variables, recursive=is_recursive)
        return {"result": json.loads(text) if mode.startswith("json") else text}
    except ExpressionError as error:
        return {"error": error.message}
    except ValueError:
        return {"error": "The result is not JSON"}
