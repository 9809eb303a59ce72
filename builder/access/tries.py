"""How often something may fail for one who asks, before it has to wait."""

import time
from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True, slots=True)
class Tries:
    """At most so many failures in each span of time, counted by who asks."""

    kind: str
    most: int
    seconds: int

    def may(self, who: str) -> bool:
        """Whether there is one more."""
        return int(cache.get(self._key(who), 0)) < self.most

    def count(self, who: str) -> None:
        """Remembers a failure until the span is over."""
        key = self._key(who)
        cache.add(key, 0, self.seconds)
        cache.incr(key)

    def seconds_left(self) -> int:
        """Until the span is over."""
        return self.seconds - int(time.time()) % self.seconds

    def _key(self, who: str) -> str:
        return f"{self.kind}:{who}:{int(time.time() // self.seconds)}"
