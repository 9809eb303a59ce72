"""Parses a whole template: text, {{ outputs }} and the tags; keeps the trees of recent templates."""

from collections.abc import Callable
from functools import lru_cache

from builder.expressions.faults import ExpressionLimit
from builder.expressions.limits import Limits
from builder.expressions.syntax import nodes
from builder.expressions.syntax.cursor import Cursor
from builder.expressions.syntax.expression import RESERVED, ExpressionParser
from builder.expressions.syntax.nodes import Body, Node, Template
from builder.expressions.syntax.tokens import Kind, Token

_WORTH_KEEPING = 16 * 1024
_KEPT = 1024
REMOVED_TAGS = frozenset({"autoescape", "extends", "embed", "flush", "import", "include", "parallel", "cache", "from"})
TAGS = frozenset({"for", "if", "set", "macro", "block", "filter", "verbatim", "raw"})
_INNER_TAGS = frozenset({"else", "elseif", "endif", "endfor", "endmacro", "endblock", "endfilter", "endraw",
                         "endverbatim"})  # fmt: skip


def parse_template(source: str, limits: Limits) -> Template:
    """The tree of a template; raises TemplateSyntaxError with its place."""
    if len(source) > limits.template_bytes:
        raise ExpressionLimit("template_bytes", f"The template is larger than {limits.template_bytes:,} bytes")
    return _kept(source) if len(source) <= _WORTH_KEEPING else _parse(source)


def _parse(source: str) -> Template:
    try:
        return TemplateParser(source).parse()
    except RecursionError:
        raise ExpressionLimit("depth", "The expression is nested too deep") from None


_kept = lru_cache(maxsize=_KEPT)(_parse)


class TemplateParser:
    """One template, once."""

    def __init__(self, source: str) -> None:
        self._cursor = Cursor(source)
        self._expressions = ExpressionParser(self._cursor)
        self._macros: dict[str, nodes.Macro] = {}
        self._blocks: dict[str, nodes.Block] = {}
        self._tags: dict[str, Callable[[Token], Node]] = {
            "if": self._if, "for": self._for, "set": self._set, "macro": self._macro,
            "block": self._block, "filter": self._filter,
        }  # fmt: skip

    def parse(self) -> Template:
        body = self._body()
        if self._cursor.token.kind is not Kind.END:
            tag = self._cursor.next
            raise self._cursor.fault(f"The tag `{tag.value}` closes nothing", position=tag.position)
        return Template(self._cursor.source, body, self._macros, self._blocks)

    def _body(self, *ends: str) -> Body:
        """Everything up to a tag of `ends`, which is left to be read."""
        cursor = self._cursor
        cursor.enter(2)
        pieces: list[Node] = []
        while cursor.token.kind is not Kind.END and not self._at_inner_tag(*ends):
            pieces.append(self._piece())
        cursor.leave(2)
        return tuple(pieces)

    def _at_inner_tag(self, *ends: str) -> bool:
        inner = self._cursor.token.kind is Kind.OPEN_TAG and self._cursor.next.value in _INNER_TAGS
        if inner and ends and self._cursor.next.value not in ends:
            tag = self._cursor.next
            raise self._cursor.fault(f"The tag `{tag.value}` stands where `{ends[-1]}` is expected",
                                     position=tag.position)  # fmt: skip
        return inner

    def _piece(self) -> Node:
        token = self._cursor.advance()
        if token.kind is Kind.TEXT:
            return nodes.Text(token.position, token.value)
        if token.kind is Kind.OPEN_OUTPUT:
            output = nodes.Output(token.position, self._expressions.parse())
            self._close(Kind.CLOSE_OUTPUT)
            return output
        name = self._cursor.expect_name("The name of a tag")
        if name.value not in self._tags:
            raise self._unknown_tag(name)
        return self._tags[name.value](name)

    def _unknown_tag(self, name: Token) -> Exception:
        if name.value in REMOVED_TAGS:
            return self._cursor.fault(f"The tag `{name.value}` is not available here", position=name.position)
        hint = f"known tags: {', '.join(sorted(TAGS))}"
        return self._cursor.fault(f'There is no tag "{name.value}"', position=name.position, hint=hint)

    def _close(self, kind: Kind) -> None:
        if self._cursor.token.kind is not kind:
            raise self._cursor.fault(f"`{kind.value}` is missing before {self._cursor.here}", hint=self._close_hint())
        self._cursor.advance()

    def _close_hint(self) -> str:
        is_word = self._cursor.token.kind in (Kind.NAME, Kind.STRING, Kind.NUMBER)
        return "two values need an operator between them, for example ~" if is_word else ""

    def _end(self, tag: str) -> None:
        if self._cursor.token.kind is Kind.END:
            raise self._cursor.fault(f"The tag `{tag}` is never closed", hint=f"close it with {{% end{tag} %}}")
        self._cursor.advance()
        self._cursor.expect_name("The name of a tag")
        if self._cursor.token.kind is Kind.NAME:
            self._cursor.advance()
        self._close(Kind.CLOSE_TAG)

    def _if(self, tag: Token) -> Node:
        branches = [self._branch()]
        otherwise: Body = ()
        while self._cursor.next.value == "elseif":
            self._cursor.advance()
            self._cursor.advance()
            branches.append(self._branch())
        if self._cursor.next.value == "else":
            otherwise = self._else("endif")
        self._end("if")
        return nodes.If(tag.position, tuple(branches), otherwise)

    def _branch(self) -> tuple[Node, Body]:
        condition = self._expressions.parse()
        self._close(Kind.CLOSE_TAG)
        return condition, self._body("elseif", "else", "endif")

    def _else(self, end: str) -> Body:
        self._cursor.advance()
        self._cursor.advance()
        self._close(Kind.CLOSE_TAG)
        return self._body(end)

    def _for(self, tag: Token) -> Node:
        name = self._variable()
        if not self._cursor.at_name("in"):
            raise self._cursor.fault(f"`in` is missing before {self._cursor.here}", hint="{% for item in list %}")
        self._cursor.advance()
        iterable = self._expressions.parse()
        self._close(Kind.CLOSE_TAG)
        body = self._body("else", "endfor")
        otherwise = self._else("endfor") if self._cursor.next.value == "else" else ()
        self._end("for")
        return nodes.For(tag.position, name, iterable, body, otherwise)

    def _set(self, tag: Token) -> Node:
        name = self._variable()
        self._cursor.expect("=")
        value = self._expressions.parse()
        self._close(Kind.CLOSE_TAG)
        return nodes.Set(tag.position, name, value)

    def _variable(self) -> str:
        token = self._cursor.expect_name("The name of a variable")
        if token.value in RESERVED:
            raise self._cursor.fault(f"`{token.value}` cannot be the name of a variable", position=token.position)
        return token.value

    def _macro(self, tag: Token) -> Node:
        name = self._variable()
        self._cursor.expect("(")
        parameters: list[tuple[str, Node | None]] = []
        while not self._cursor.at(")"):
            parameter = self._variable()
            parameters.append((parameter, self._expressions.parse() if self._cursor.take("=") else None))
            if not self._cursor.take(","):
                break
        self._cursor.expect(")")
        self._close(Kind.CLOSE_TAG)
        macro = nodes.Macro(tag.position, name, tuple(parameters), self._body("endmacro"))
        self._end("macro")
        self._macros[name] = macro
        return macro

    def _block(self, tag: Token) -> Node:
        token = self._cursor.advance()
        if token.kind not in (Kind.NAME, Kind.STRING):
            raise self._cursor.fault("The name of the block is missing", position=token.position)
        name = token.value.strip("\"'")
        self._close(Kind.CLOSE_TAG)
        block = nodes.Block(tag.position, name, self._body("endblock"))
        self._end("block")
        self._blocks[name] = block
        return block

    def _filter(self, tag: Token) -> Node:
        filters = [self._filter_use()]
        while self._cursor.take("|"):
            filters.append(self._filter_use())
        self._close(Kind.CLOSE_TAG)
        body = self._body("endfilter")
        self._end("filter")
        return nodes.FilterBlock(tag.position, tuple(filters), body)

    def _filter_use(self) -> tuple[str, nodes.Arguments]:
        name = self._cursor.expect_name("The name of a filter")
        if self._cursor.at("("):
            return name.value, self._expressions.arguments()
        return name.value, nodes.Arguments(name.position)
