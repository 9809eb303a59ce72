"""The value of an expression; reachable are map keys, list places and declared operations, nothing of Python."""

from collections.abc import Callable, Mapping
from typing import Any

from builder.expressions import registry
from builder.expressions.evaluation import operators
from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError, UndefinedVariable
from builder.expressions.syntax import nodes
from builder.expressions.syntax.nodes import Node, Template
from builder.expressions.values import is_list, kind, text_of

MacroCall = Callable[[nodes.Macro, list[Any], dict[str, Any]], str]


class Evaluator:
    """Expressions of one template in one session."""

    def __init__(self, template: Template, session: Session, call_macro: MacroCall,
                 call_block: Callable[[str], str]) -> None:  # fmt: skip
        self._template = template
        self._session = session
        self._budget = session.budget
        self._call_macro = call_macro
        self._call_block = call_block

    def value(self, node: Node) -> Any:
        self._budget.step()
        try:
            return _EVALUATE[type(node)](self, node)
        except ExpressionError as error:
            error.place(self._template.source, node.position)
            raise

    def _literal(self, node: nodes.Literal) -> Any:
        return node.value

    def _name(self, node: nodes.Name) -> Any:
        try:
            return self._session.get(node.name)
        except KeyError:
            raise UndefinedVariable(node.name, among=self._session.names) from None

    def _attribute(self, node: nodes.Attribute) -> Any:
        target, key = self.value(node.target), self.value(node.key)
        try:
            return self._member(target, key)
        except UndefinedVariable as error:
            if isinstance(node.key, _SHOWABLE):
                raise
            raise UndefinedVariable("a computed key", hint=error.hint if isinstance(key, int) else "") from None

    def _member(self, target: Any, key: Any) -> Any:
        if isinstance(target, Mapping):
            return self._entry(target, key)
        if is_list(target) and isinstance(key, int) and not isinstance(key, bool):
            items = target if isinstance(target, (list, tuple)) else list(target)
            if 0 <= key < len(items):
                return items[key]
            raise UndefinedVariable(str(key) if abs(key) < 2**63 else "index", hint=f"the list has {len(items)} items")
        if is_list(target) and isinstance(key, str) and key.isdecimal() and len(key) < 19:
            return self._member(target, int(key))
        return self._property(target, key)

    def _property(self, target: Any, key: Any) -> Any:
        """`list.size`, `date.year`: a method without arguments, by its name or after get or is."""
        if isinstance(key, str):
            capital = key[:1].upper() + key[1:]
            for name in ("get" + capital, "is" + capital, key):
                operation = self._method_of(target, name)
                if operation and not operation.required:
                    return operation.call((self._session, target), [], {})
        raise UndefinedVariable(_key_text(key), hint=f"it is looked for in {kind(target)}")

    def _method_of(self, target: Any, name: str) -> registry.Operation | None:
        return registry.METHODS.get(f"{kind(target).rpartition(' ')[2]}.{name}") or registry.METHODS.get(
            f"value.{name}"
        )

    def _method(self, node: nodes.Method) -> Any:
        target = self.value(node.target)
        operation = None if target is None else self._method_of(target, node.name)
        if operation is None:
            raise UndefinedVariable(f"{node.name}()", hint=f"{kind(target)} has no such method")
        return operation.call((self._session, target), *self.arguments(node.arguments))

    def _entry(self, target: Mapping[Any, Any], key: Any) -> Any:
        if key is None or isinstance(key, (str, int, float)):
            if key in target:
                return target[key]
            if str_key := (text_of(key, self._budget) if not isinstance(key, str) else ""):
                if str_key in target:
                    return target[str_key]
            elif isinstance(key, str) and key.lstrip("-").isdecimal() and len(key) < 19 and int(key) in target:
                return target[int(key)]
        raise UndefinedVariable(_key_text(key), among=target)

    def arguments(self, node: nodes.Arguments) -> tuple[list[Any], dict[str, Any]]:
        return [self.value(each) for each in node.positional], {name: self.value(each) for name, each in node.named}

    def _call(self, node: nodes.Call) -> Any:
        positional, named = self.arguments(node.arguments)
        if macro := self._template.macros.get(node.name):
            return self._call_macro(macro, positional, named)
        if node.name == "block" and positional:
            return self._call_block(text_of(positional[0], self._budget))
        operation = registry.find("function", node.name)
        return operation.call((self._session,), positional, named)

    def _filter(self, node: nodes.Filter) -> Any:
        value = self.defined(node.target, None) if node.name == "default" else self.value(node.target)
        positional, named = self.arguments(node.arguments)
        return self.filtered(value, node.name, positional, named)

    def filtered(self, value: Any, name: str, positional: list[Any], named: dict[str, Any]) -> Any:
        operation = registry.find("filter", name)
        if value is None and not operation.takes_null:
            return None
        return operation.call((self._session, value), positional, named)

    def _test(self, node: nodes.Test) -> bool:
        if node.name == "defined":
            missing = object()
            answer = self.defined(node.target, missing) not in (missing, None)
        else:
            operation = registry.find("test", node.name)
            value = self.defined(node.target, None) if node.name in ("null", "empty") else self.value(node.target)
            answer = bool(operation.call((self._session, value), *self.arguments(node.arguments)))
        return answer is not node.negated

    def defined(self, node: Node, otherwise: Any) -> Any:
        """The value, or `otherwise` where something in it is not there."""
        try:
            return self.value(node)
        except UndefinedVariable:
            return otherwise

    def _unary(self, node: nodes.Unary) -> Any:
        value = self.value(node.operand)
        if node.operator == "not":
            return not operators.is_true(value)
        return operators.negative(value) if node.operator == "-" else value

    def _binary(self, node: nodes.Binary) -> Any:
        if node.operator in _LAZY:
            return _LAZY[node.operator](self, node)
        try:
            return _STRICT[node.operator](self.value(node.left), self.value(node.right), self._budget)
        except UndefinedVariable as error:
            if node.operator == "-" and self._is_tight(node.position):
                error.hint = "a name with a hyphen is written in brackets: inputs['my-name']"
            raise

    def _is_tight(self, position: int) -> bool:
        """Whether no space stands around the operator."""
        return not any(map(str.isspace, self._template.source[position - 1 : position + 2]))

    def _and(self, node: nodes.Binary) -> bool:
        return operators.is_true(self.value(node.left)) and operators.is_true(self.value(node.right))

    def _or(self, node: nodes.Binary) -> bool:
        return operators.is_true(self.value(node.left)) or operators.is_true(self.value(node.right))

    def _coalesce(self, node: nodes.Binary) -> Any:
        value = self.defined(node.left, None)
        return self.value(node.right) if value is None else value

    def _coalesce_undefined(self, node: nodes.Binary) -> Any:
        missing = object()
        value = self.defined(node.left, missing)
        return self.value(node.right) if value is missing else value

    def _ternary(self, node: nodes.Ternary) -> Any:
        return self.value(node.yes if operators.is_true(self.value(node.condition)) else node.no)

    def _list(self, node: nodes.ListOf) -> list[Any]:
        self._budget.items(len(node.items))
        return [self.value(item) for item in node.items]

    def _map(self, node: nodes.MapOf) -> dict[str, Any]:
        self._budget.items(len(node.entries))
        return {text_of(self.value(key), self._budget): self.value(entry) for key, entry in node.entries}

    def _interpolated(self, node: nodes.Interpolated) -> str:
        text = ""
        for part in node.parts:
            text = operators.concat(text, self.value(part), self._budget)
        return text


def _key_text(key: Any) -> str:
    """The key as an error names it: texts only, and never a long one."""
    return key[:100] if isinstance(key, str) else kind(key)


_SHOWABLE = (nodes.Literal, nodes.Name, nodes.Attribute)
"""Keys that an error may quote; a computed one may hold a secret."""

_EVALUATE: dict[type[Node], Callable[[Evaluator, Any], Any]] = {
    nodes.Literal: Evaluator._literal,
    nodes.Name: Evaluator._name,
    nodes.Attribute: Evaluator._attribute,
    nodes.Call: Evaluator._call,
    nodes.Method: Evaluator._method,
    nodes.Filter: Evaluator._filter,
    nodes.Test: Evaluator._test,
    nodes.Unary: Evaluator._unary,
    nodes.Binary: Evaluator._binary,
    nodes.Ternary: Evaluator._ternary,
    nodes.ListOf: Evaluator._list,
    nodes.MapOf: Evaluator._map,
    nodes.Interpolated: Evaluator._interpolated,
}
_LAZY: dict[str, Callable[[Evaluator, nodes.Binary], Any]] = {
    "and": Evaluator._and,
    "or": Evaluator._or,
    "??": Evaluator._coalesce,
    "???": Evaluator._coalesce_undefined,
}
_STRICT: dict[str, Callable[..., Any]] = {
    "==": operators.equal,
    "equals": operators.equal,
    "!=": lambda left, right, budget: not operators.equal(left, right, budget),
    "<": lambda left, right, budget: operators.compare("<", left, right),
    "<=": lambda left, right, budget: operators.compare("<=", left, right),
    ">": lambda left, right, budget: operators.compare(">", left, right),
    ">=": lambda left, right, budget: operators.compare(">=", left, right),
    "+": operators.add,
    "-": operators.subtract,
    "*": lambda left, right, budget: operators.calculate("*", left, right, budget),
    "/": lambda left, right, budget: operators.calculate("/", left, right, budget),
    "%": lambda left, right, budget: operators.calculate("%", left, right, budget),
    "~": operators.concat,
    "..": lambda left, right, budget: operators.span(left, right, 1, budget),
    "contains": operators.contains,
    "isIn": operators.is_one_of,
    "in": operators.is_in,
    "not in": lambda left, right, budget: not operators.is_in(left, right, budget),
}
