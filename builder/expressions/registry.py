"""Where filters, functions, tests and methods are declared, each with a sentence and an example that the tests play."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from builder.expressions.faults import ExpressionError, did_you_mean

Run = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """A filter, a function, a test or a method (`text.trim`).

    `example` renders to `result` (None: it differs each time or needs a lookup).
    """

    kind: str
    name: str
    summary: str
    parameters: tuple[str, ...]
    keywords: tuple[str, ...]
    required: int
    run: Run
    example: str
    result: str | None
    takes_null: bool = False
    is_variadic: bool = False

    def call(self, given: tuple[Any, ...], positional: list[Any], named: Mapping[str, Any]) -> Any:
        """Runs it on `given` (the session, and the value of a filter or test) with the arguments of the template."""
        if not self.is_variadic or named:
            arguments: tuple[Any, ...] = ()
            keywords = self._bound(positional, named)
        else:
            arguments, keywords = tuple(positional), {}
        try:
            return self.run(*given, *arguments, **keywords)
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
            raise ExpressionError(f"The {self.kind} `{self.name}` does not fit this value or these arguments") from None

    def _bound(self, positional: list[Any], named: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments by the names of `run`'s parameters."""
        if len(positional) > len(self.parameters):
            raise ExpressionError(self.too_many(len(positional)))
        given = dict(zip(self.parameters, positional, strict=False))
        for name, value in named.items():
            if name not in self.parameters:
                raise ExpressionError(self.no_argument(name), hint=did_you_mean(name, self.parameters))
            given[name] = value
        for name in self.parameters[: self.required]:
            if name not in given:
                raise ExpressionError(self.missing(name))
        return {self.keywords[self.parameters.index(name)]: value for name, value in given.items()}

    def too_many(self, count: int) -> str:
        return f"The {self.kind} `{self.name}` takes {len(self.parameters)} arguments, not {count}"

    def no_argument(self, name: str) -> str:
        return f"The {self.kind} `{self.name}` has no argument `{name}`"

    def missing(self, name: str) -> str:
        return f"The '{self.name}' {self.kind} expects an argument '{name}'."


FILTERS: dict[str, Operation] = {}
FUNCTIONS: dict[str, Operation] = {}
TESTS: dict[str, Operation] = {}
METHODS: dict[str, Operation] = {}
_KINDS = {"filter": FILTERS, "function": FUNCTIONS, "test": TESTS, "method": METHODS}
Declare = Callable[[Run], Run]


def _declared(kind: str, names: str, summary: str, example: str, result: str | None, takes_null: bool) -> Declare:
    """The first parameter(s) are given by the evaluator: the session, and the value for filters and tests."""
    given = 1 if kind == "function" else 2

    def declare(run: Run) -> Run:
        parameters = list(inspect.signature(run).parameters.values())[given:]
        is_variadic = any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in parameters)
        required = sum(parameter.default is inspect.Parameter.empty and not is_variadic for parameter in parameters)
        keywords = tuple(parameter.name for parameter in parameters)
        camel = tuple(_camel(parameter.name) for parameter in parameters)
        for name in names.split():
            _KINDS[kind][name] = Operation(kind, name, summary, camel, keywords, required, run, example, result,
                                           takes_null, is_variadic)  # fmt: skip
        return run

    return declare


def filter_(names: str, summary: str, example: str, result: str | None, *, takes_null: bool = False) -> Declare:
    """Declares a filter (and its aliases, after a space); without `takes_null`, null in is null out."""
    return _declared("filter", names, summary, example, result, takes_null)


def function(names: str, summary: str, example: str, result: str | None) -> Declare:
    return _declared("function", names, summary, example, result, True)


def test_(names: str, summary: str, example: str, result: str | None) -> Declare:
    return _declared("test", names, summary, example, result, True)


def method(names: str, summary: str, example: str, result: str | None) -> Declare:
    """Declares what Java calls a method: `text.trim` is `trim()` of a text."""
    return _declared("method", names, summary, example, result, True)


def find(kind: str, name: str) -> Operation:
    """The operation of that name, or an error with the nearest one."""
    known = _KINDS[kind]
    if name not in known:
        raise ExpressionError(no_such(kind, name), hint=did_you_mean(name, known))
    return known[name]


def no_such(kind: str, name: str) -> str:
    return f'There is no {kind} "{name}"'


def _camel(name: str) -> str:
    first, *rest = name.strip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)
