"""Runs the tree of a template and gives its pieces to a writer: one for text, one that keeps the native type."""

from collections.abc import Mapping
from typing import Any, Protocol

from builder.expressions.evaluation import operators
from builder.expressions.evaluation.expression import Evaluator
from builder.expressions.evaluation.session import Session
from builder.expressions.evaluation.writers import TextWriter
from builder.expressions.faults import ExpressionError
from builder.expressions.syntax import nodes
from builder.expressions.syntax.nodes import Body, Node, Template
from builder.expressions.values import is_list, kind, text_of


class Writer(Protocol):
    def text(self, text: str) -> None: ...
    def value(self, value: Any) -> None: ...


class Runner:
    """One template in one session; not to be used again."""

    def __init__(self, template: Template, session: Session) -> None:
        self._template = template
        self._session = session
        self._budget = session.budget
        self._evaluator = Evaluator(template, session, self._call_macro, self._call_block)
        self._run = {
            nodes.Text: self._text, nodes.Output: self._output, nodes.If: self._if, nodes.For: self._for,
            nodes.Set: self._set, nodes.Macro: self._macro, nodes.Block: self._block, nodes.FilterBlock: self._filter,
        }  # fmt: skip

    def run(self, writer: Writer) -> None:
        self._body(self._template.body, writer)

    def _body(self, body: Body, writer: Writer) -> None:
        for node in body:
            self._budget.step()
            try:
                self._run[type(node)](node, writer)  # type: ignore[operator]
            except ExpressionError as error:
                error.place(self._template.source, node.position)
                raise

    def _text(self, node: nodes.Text, writer: Writer) -> None:
        writer.text(node.text)

    def _output(self, node: nodes.Output, writer: Writer) -> None:
        writer.value(self._evaluator.value(node.value))

    def _if(self, node: nodes.If, writer: Writer) -> None:
        for condition, body in node.branches:
            if operators.is_true(self._evaluator.value(condition)):
                return self._body(body, writer)
        return self._body(node.otherwise, writer)

    def _for(self, node: nodes.For, writer: Writer) -> None:
        iterable = self._evaluator.value(node.iterable)
        items = _iterated(iterable)
        if iterable is None:
            return None
        if not items:
            return self._body(node.otherwise, writer)
        count = len(items)
        for index, item in enumerate(items):
            loop = {"index": index, "length": count, "first": index == 0, "last": index == count - 1,
                    "revindex": count - 1 - index}  # fmt: skip
            with self._session.scope({node.name: item, "loop": loop}):
                self._body(node.body, writer)
        return None

    def _set(self, node: nodes.Set, writer: Writer) -> None:
        self._session.set(node.name, self._evaluator.value(node.value))

    def _macro(self, node: nodes.Macro, writer: Writer) -> None:
        """A macro writes only where it is called."""

    def _block(self, node: nodes.Block, writer: Writer) -> None:
        with self._session.scope():
            self._body(node.body, writer)

    def _filter(self, node: nodes.FilterBlock, writer: Writer) -> None:
        value: Any = self._captured(node.body)
        for name, arguments in node.filters:
            value = self._evaluator.filtered(value, name, *self._evaluator.arguments(arguments))
        writer.text(text_of(value, self._budget))

    def _captured(self, body: Body) -> str:
        inner = TextWriter(self._budget)
        self._body(body, inner)
        return inner.result()

    def _call_block(self, name: str) -> str:
        if name not in self._template.blocks:
            return ""
        with self._session.scope():
            return self._captured(self._template.blocks[name].body)

    def _call_macro(self, macro: nodes.Macro, positional: list[Any], named: dict[str, Any]) -> str:
        names = [name for name, _ in macro.parameters]
        if len(positional) > len(names) or any(name not in names for name in named):
            raise ExpressionError(f"The macro `{macro.name}` takes these arguments: {', '.join(names) or 'none'}")
        values = {name: self._default(node) for name, node in macro.parameters}
        values.update(zip(names, positional, strict=False))
        with self._session.scope({**values, **named}, is_closed=True):
            return self._captured(macro.body)

    def _default(self, node: Node | None) -> Any:
        return None if node is None else self._evaluator.value(node)


def _iterated(value: Any) -> list[Any]:
    """What a loop goes through: the items of a list, the entries of a map."""
    if value is None:
        return []
    if is_list(value):
        return list(value)
    if isinstance(value, Mapping):
        return [{"key": key, "value": entry} for key, entry in value.items()]
    raise ExpressionError(f"`for` needs a list or a map, not {kind(value)}")
