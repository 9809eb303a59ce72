"""Repairs what a lost ring or a lost process left: lets in who waits for a place, rings for all that is due."""

import os
import socket
from datetime import datetime, timedelta

from django.conf import settings

from builder.runtime import queue
from builder.store import executions, processes

LOCK = "sweep"
AGAIN_SECONDS = 5
"""An execution that was rung for is not rung for again sooner. Later it is: a frozen worker may have got the ring."""
_AT_ONCE = 1000


def sweep(now: datetime) -> int:
    """Rings for executions that are due, that nobody heard of, or whose lease lapsed; returns how many.

    Called every few seconds; a lock in the database lets one process do it, whoever else tries.
    """
    owner = f"{socket.gethostname()}.{os.getpid()}"
    if not processes.take_lock(LOCK, owner, now, 3 * settings.MILLSTREAM["SWEEP_SECONDS"]):
        return 0
    executions.promote_waiting(now)
    ids = executions.due(now, _AT_ONCE)
    if ids and queue.ring_again(ids):
        executions.put_off(ids, now + timedelta(seconds=AGAIN_SECONDS))
    return len(ids)
