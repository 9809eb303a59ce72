"""The answer of a protocol that is read whole."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from tasks_openai.wire.failures import Misunderstood


class WholeAnswer:
    """Keeps the body as it came; `text_of` tells what the page shows of it."""

    streaming: ClassVar[tuple[Mapping[str, Any], ...]] = ()

    def __init__(self, text_of: Callable[[Mapping[str, Any]], str]) -> None:
        self._text_of = text_of
        self._body: Mapping[str, Any] = {}
        self.finished = False

    def add(self, event: Mapping[str, Any]) -> str:
        raise Misunderstood(event)

    def end(self) -> None:
        """There is no stream to end."""

    def take(self, body: Mapping[str, Any]) -> str:
        text = self._text_of(body)
        self._body, self.finished = body, True
        return text

    def body(self) -> Mapping[str, Any]:
        return self._body
