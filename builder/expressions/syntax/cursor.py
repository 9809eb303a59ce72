"""A place in the tokens of a template, and the sentences for what is missing there."""

from builder.expressions.faults import ExpressionLimit, TemplateSyntaxError
from builder.expressions.syntax.tokens import Kind, Token, tokenize

_DEEPEST = 60


class Cursor:
    """Moves over the tokens once; counts how deep the brackets and blocks are."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._tokens = tokenize(source)
        self._at = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        return self._tokens[self._at]

    @property
    def next(self) -> Token:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def advance(self) -> Token:
        token = self.token
        if token.kind is not Kind.END:
            self._at += 1
        return token

    def at(self, *operators: str) -> bool:
        return self.token.kind is Kind.OPERATOR and self.token.value in operators

    def at_name(self, *names: str) -> bool:
        return self.token.kind is Kind.NAME and self.token.value in names

    def take(self, operator: str) -> bool:
        """Steps over the operator if it stands here."""
        if self.at(operator):
            self._at += 1
            return True
        return False

    def expect(self, operator: str) -> Token:
        if not self.at(operator):
            raise self.fault(f"`{operator}` is missing before {self.here}")
        return self.advance()

    def expect_kind(self, kind: Kind) -> Token:
        if self.token.kind is not kind:
            raise self.fault(f"{kind.value} is missing before {self.here}")
        return self.advance()

    def expect_name(self, what: str) -> Token:
        if self.token.kind is not Kind.NAME:
            raise self.fault(f"{what} is missing before {self.here}")
        return self.advance()

    @property
    def here(self) -> str:
        return "the end of the text" if self.token.kind is Kind.END else f"`{self.token.value.strip()[:40]}`"

    def fault(self, message: str, *, hint: str = "", position: int | None = None) -> TemplateSyntaxError:
        error = TemplateSyntaxError(message, hint=hint)
        error.place(self.source, self.token.position if position is None else position)
        return error

    def enter(self, levels: int = 1) -> None:
        self._depth += levels
        if self._depth > _DEEPEST:
            error = ExpressionLimit("depth", f"The expression is nested more than {_DEEPEST} levels deep")
            error.place(self.source, self.token.position)
            raise error

    def leave(self, levels: int = 1) -> None:
        self._depth -= levels
