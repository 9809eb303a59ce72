"""Sees executions end: a subscriber to the live channels, as the execution page is one."""

import json
import threading
import time

from redis import Redis

CHANNELS = "millstream:live:*"
PATIENCE_SECONDS = 120
_ENDED = frozenset({"SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED"})


class Ends:
    """Remembers when each execution's end was seen; what does not end well stops the benchmark."""

    def __init__(self, redis_url: str) -> None:
        self._seen: dict[str, tuple[str, float]] = {}
        self._news = threading.Condition()
        self._over = threading.Event()
        self._redis = Redis.from_url(redis_url)
        self._channel = self._redis.pubsub()  # type: ignore[no-untyped-call]
        self._channel.psubscribe(CHANNELS)
        self._channel.get_message(timeout=5)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def wait(self, execution_id: str) -> float:
        """When it ended, by time.time()."""
        return self.wait_for([execution_id])[0]

    def wait_for(self, ids: list[str]) -> list[float]:
        """When each of them ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self._news:
            while not all(each in self._seen for each in ids):
                if not self._news.wait(max(0.0, deadline - time.monotonic())):
                    missing = [each for each in ids if each not in self._seen]
                    raise SystemExit(f"{len(missing)} of {len(ids)} executions did not end in time, e.g. {missing[0]}")
            ends = [self._seen.pop(each) for each in ids]
        bad = [(each, state) for each, (state, _) in zip(ids, ends, strict=True) if state != "SUCCESS"]
        if bad:
            raise SystemExit(f"{len(bad)} of {len(ids)} executions ended badly, e.g. {bad[0]}")
        return [at for _, at in ends]

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._channel.close()
        self._redis.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            message = self._channel.get_message(ignore_subscribe_messages=True, timeout=0.2)
            if message is None:
                continue
            at = time.time()
            content = json.loads(message["data"])
            if content.get("state") in _ENDED:
                with self._news:
                    self._seen[message["channel"].decode().rpartition(":")[2]] = (content["state"], at)
                    self._news.notify_all()
