"""Hides secrets in everything that leaves a runner's memory: logs, outputs, errors, metrics, streamed text."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "******"
_KEPT_IN_URLS = "!$&'()*+,;=:@/?"
_ESCAPE = re.compile("%[0-9A-F]{2}")
SHORTEST = 4
"""Shorter secrets are not masked: they would eat ordinary words."""


class Masker:
    """The secrets of one execution. Grows while it runs; adding is safe from any thread."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        self.longest = 0

    def add(self, values: Iterable[str]) -> None:
        """From now on these texts are secret, also encoded, line by line, and part by part where they are JSON."""
        forms = {form for value in values for part in (value, *_parts(value)) for form in _forms(part)}
        if forms <= self._known:
            return
        self._known |= forms
        longest_first = sorted(self._known, key=len, reverse=True)
        self.longest = len(longest_first[0])
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def holds(self, text: str) -> bool:
        """Whether a secret is in the text."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def text(self, text: str) -> str:
        """The text with every secret replaced."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def settled(self, text: str) -> int:
        """How many letters of a text stay as they are whatever follows: not those that a secret may begin with."""
        if self._pattern is None:
            return len(text)
        found = [match.span() for match in self._pattern.finditer(text)]
        for at in range(max(0, len(text) - self.longest + 1), len(text)):
            begins = any(len(form) > len(text) - at and form.startswith(text[at:]) for form in self._known)
            if begins and not any(start < at < end for start, end in found):
                return at
        return len(text)

    def value(self, value: Any) -> Any:
        """A JSON value with every text in it masked, keys too."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key) if isinstance(key, str) else key: self.value(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(part) for part in value]
        return value


class StreamMasker:
    """Masks text that comes in pieces: its end waits as long as it could be the start of a secret."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._held = ""

    def feed(self, piece: str) -> str:
        """What can be shown now."""
        text = self._held + piece
        settled = self._masker.settled(text)
        self._held = text[settled:]
        return self._masker.text(text[:settled])

    def rest(self) -> str:
        """What was held back, at the end."""
        text, self._held = self._masker.text(self._held), ""
        return text


def _parts(secret: str) -> Iterator[str]:
    """The texts inside a secret that is JSON: `fromJson(secret('X')).password` is as secret as the whole."""
    try:
        waiting = [json.loads(secret)] if secret.lstrip()[:1] in ("{", "[") else []
    except (ValueError, RecursionError):
        return
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, str):
            yield part


def _forms(value: str) -> Iterator[str]:
    if len(value) < SHORTEST:
        return
    yield value
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= 2 * SHORTEST)
    yield from (value.upper(), value.lower(), value[:1].upper() + value[1:], value[::-1], html.escape(value))
    for quoted in (quote(value, safe=""), quote(value), quote(value, safe=_KEPT_IN_URLS), quote_plus(value)):
        yield quoted
        yield _ESCAPE.sub(lambda found: found[0].lower(), quoted)
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    encoded = value.encode()
    yield encoded.hex()
    for shift in range(3):  # base64 of a longer text that holds the secret, at each of the three alignments
        code = base64.b64encode(b"\0" * shift + encoded).decode()
        start, end = (0, 2, 3)[shift], len(code.rstrip("="))
        inner = code[start : end - 1 if code.endswith("=") or shift else end]
        if len(inner) >= 2 * SHORTEST:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")
