"""Listens for "read your signals now"; without Redis the heartbeat reads them a few seconds later."""

import asyncio
import logging
from collections.abc import Callable

from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from builder.runtime.queue import ANSWER_SECONDS, CONTROL_CHANNEL

_AGAIN_SECONDS = 1.0
_WAIT_SECONDS = 30.0

log = logging.getLogger(__name__)


async def listen(told: Callable[[str], None]) -> None:
    """Calls `told` with the execution's id for each message, until cancelled."""
    while True:
        try:
            await _listen(told)
        except RedisError as error:
            log.info("The control channel is away: %s", error)
        await asyncio.sleep(_AGAIN_SECONDS)


async def _listen(told: Callable[[str], None]) -> None:
    redis = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=ANSWER_SECONDS)
    async with redis, redis.pubsub() as channel:
        await channel.subscribe(CONTROL_CHANNEL)
        while True:
            message = await channel.get_message(ignore_subscribe_messages=True, timeout=_WAIT_SECONDS)
            if message is not None:
                told(message["data"].decode())
