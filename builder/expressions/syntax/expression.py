"""Parses what stands between {{ and }}: operators by their precedence, calls, filters, tests."""

from builder.expressions.faults import ExpressionLimit
from builder.expressions.syntax import nodes
from builder.expressions.syntax.cursor import Cursor
from builder.expressions.syntax.nodes import Node
from builder.expressions.syntax.tokens import Kind, Token

BINARY = {
    "or": 10, "and": 15, "is": 20, "is not": 20, "contains": 20, "in": 20, "not in": 20,
    "==": 30, "equals": 30, "!=": 30, ">": 30, "<": 30, ">=": 30, "<=": 30,
    "+": 40, "-": 40, "*": 60, "/": 60, "%": 60, "|": 100, "~": 110, "..": 120, "??": 120, "???": 120,
    "isIn": 120,
}  # fmt: skip
UNARY = {"not": 500, "+": 500, "-": 500}
RESERVED = frozenset({"true", "false", "null", "none", "not", "and", "or", "is", "contains", "equals", "in", "isIn"})
_LONGEST_CHAIN = 100
_CONSTANTS = {"true": True, "TRUE": True, "false": False, "FALSE": False, "null": None, "NULL": None, "none": None,
              "NONE": None}  # fmt: skip


class ExpressionParser:
    """Reads expressions from a cursor; leaves it at the first token that belongs to none."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def parse(self, lowest: int = 0) -> Node:
        cursor = self._cursor
        cursor.enter()
        node = self._operand()
        links = 0
        while (operator := self._operator()) and BINARY[operator] >= lowest:
            links += 1
            self._check_chain(links)
            node = self._extended(node, operator)
        if lowest == 0 and cursor.at("?"):
            node = self._ternary(node)
        cursor.leave()
        return node

    def _check_chain(self, links: int) -> None:
        if links > _LONGEST_CHAIN:
            error = ExpressionLimit("depth", f"The expression joins more than {_LONGEST_CHAIN} operators in a row")
            error.place(self._cursor.source, self._cursor.token.position)
            raise error

    def _operator(self) -> str:
        """The binary operator that stands here, or nothing."""
        cursor = self._cursor
        if cursor.at_name("is") and cursor.next.kind is Kind.NAME and cursor.next.value == "not":
            return "is not"
        if cursor.at_name("not") and cursor.next.kind is Kind.NAME and cursor.next.value == "in":
            return "not in"
        known = cursor.token.kind in (Kind.OPERATOR, Kind.NAME) and cursor.token.value in BINARY
        return cursor.token.value if known else ""

    def _extended(self, left: Node, operator: str) -> Node:
        token = self._cursor.advance()
        if operator in ("is not", "not in"):
            self._cursor.advance()
        if operator == "|":
            return self._filter(left)
        if operator in ("is", "is not"):
            return self._test(left, negated=operator == "is not")
        right = self.parse(BINARY[operator] + 1)
        return nodes.Binary(token.position, operator, left, right)

    def _filter(self, target: Node) -> Node:
        name = self._cursor.expect_name("The name of a filter")
        return nodes.Filter(name.position, target, name.value, self._optional_arguments())

    def _test(self, target: Node, *, negated: bool) -> Node:
        name = self._cursor.expect_name("The name of a test")
        return nodes.Test(name.position, target, name.value, self._optional_arguments(), negated)

    def _optional_arguments(self) -> nodes.Arguments:
        return self.arguments() if self._cursor.at("(") else nodes.Arguments(self._cursor.token.position)

    def _ternary(self, condition: Node) -> Node:
        position = self._cursor.expect("?").position
        yes = self.parse()
        self._cursor.expect(":")
        return nodes.Ternary(position, condition, yes, self.parse())

    def _operand(self) -> Node:
        cursor = self._cursor
        token = cursor.token
        if token.value in UNARY and token.kind in (Kind.OPERATOR, Kind.NAME):
            cursor.advance()
            return nodes.Unary(token.position, token.value, self.parse(UNARY[token.value]))
        return self._with_attributes(self._primary())

    def _primary(self) -> Node:
        cursor = self._cursor
        token = cursor.token
        if token.kind is Kind.STRING:
            return self._text(cursor.advance())
        if token.kind is Kind.NUMBER:
            return self._number(cursor.advance())
        if token.kind is Kind.NAME:
            return self._named(cursor.advance())
        if cursor.at("("):
            return self._bracketed()
        if cursor.at("["):
            return self._list()
        if cursor.at("{"):
            return self._map()
        raise cursor.fault(f"A value is missing before {cursor.here}")

    def _named(self, token: Token) -> Node:
        if token.value in _CONSTANTS:
            return nodes.Literal(token.position, _CONSTANTS[token.value])
        if token.value in RESERVED:
            raise self._cursor.fault(f"A value is missing before `{token.value}`", position=token.position)
        if self._cursor.at("("):
            return nodes.Call(token.position, token.value, self.arguments())
        return nodes.Name(token.position, token.value)

    def _number(self, token: Token) -> Node:
        if "." in token.value:
            return nodes.Literal(token.position, float(token.value.rstrip("L")))
        digits = token.value.rstrip("L")
        if len(digits) > 19 or int(digits) >= 2**63:
            raise self._cursor.fault("The number is too large: whole numbers have 64 bits", position=token.position)
        return nodes.Literal(token.position, int(digits))

    def _text(self, token: Token) -> Node:
        quote, inner = token.value[0], token.value[1:-1]
        if quote == '"' and "#{" in inner:
            return self._interpolated(token, inner)
        return nodes.Literal(token.position, inner.replace("\\" + quote, quote))

    def _interpolated(self, token: Token, inner: str) -> Node:
        parts: list[Node] = []
        while (start := inner.find("#{")) >= 0 and (end := inner.find("}", start)) > 0:
            parts.append(nodes.Literal(token.position, inner[:start].replace('\\"', '"')))
            parts.append(self._embedded(inner[start + 2 : end].replace('\\"', '"'), token))
            inner = inner[end + 1 :]
        parts.append(nodes.Literal(token.position, inner.replace('\\"', '"')))
        return nodes.Interpolated(token.position, tuple(parts))

    def _embedded(self, source: str, token: Token) -> Node:
        cursor = Cursor("{{" + source + "}}")
        cursor.enter(10)
        cursor.expect_kind(Kind.OPEN_OUTPUT)
        node = ExpressionParser(cursor).parse()
        cursor.expect_kind(Kind.CLOSE_OUTPUT)
        return node

    def _bracketed(self) -> Node:
        self._cursor.enter()
        self._cursor.expect("(")
        node = self.parse()
        self._cursor.expect(")")
        self._cursor.leave()
        return node

    def _list(self) -> Node:
        position = self._cursor.expect("[").position
        items = []
        while not self._cursor.at("]"):
            items.append(self.parse())
            if not self._cursor.take(","):
                break
        self._cursor.expect("]")
        return nodes.ListOf(position, tuple(items))

    def _map(self) -> Node:
        position = self._cursor.expect("{").position
        entries = []
        while not self._cursor.at("}"):
            key = self.parse()
            self._cursor.expect(":")
            entries.append((key, self.parse()))
            if not self._cursor.take(","):
                break
        self._cursor.expect("}")
        return nodes.MapOf(position, tuple(entries))

    def _with_attributes(self, node: Node) -> Node:
        cursor = self._cursor
        links = 0
        while cursor.at(".", "[", "("):
            links += 1
            self._check_chain(links)
            token = cursor.advance()
            if token.value == "(":
                raise cursor.fault(
                    "Only functions can be called",
                    position=token.position,
                    hint="a value is changed by filters: value | upper",
                )
            node = self._dotted(token, node) if token.value == "." else self._subscripted(token, node)
        return node

    def _dotted(self, dot: Token, target: Node) -> Node:
        name = self._cursor.expect_name("The name of an attribute")
        if self._cursor.at("("):
            return nodes.Method(name.position, target, name.value, self.arguments())
        return nodes.Attribute(dot.position, target, nodes.Literal(name.position, name.value))

    def _subscripted(self, bracket: Token, target: Node) -> Node:
        return nodes.Attribute(bracket.position, target, self._subscript())

    def _subscript(self) -> Node:
        key = self.parse()
        if self._cursor.at(":"):
            raise self._cursor.fault("`[from:to]` is not possible", hint="use the filter slice(from, to)")
        self._cursor.expect("]")
        return key

    def arguments(self) -> nodes.Arguments:
        """`(a, b, name=c)`."""
        position = self._cursor.expect("(").position
        positional: list[Node] = []
        named: list[tuple[str, Node]] = []
        while not self._cursor.at(")"):
            if self._cursor.token.kind is Kind.NAME and self._cursor.next.value == "=":
                name = self._cursor.advance().value
                self._cursor.expect("=")
                named.append((name, self.parse()))
            else:
                positional.append(self.parse())
            if not self._cursor.take(","):
                break
        self._cursor.expect(")")
        return nodes.Arguments(position, tuple(positional), tuple(named))
