"""The parent's side of the jq child: started at first use, one a process, replaced when it takes too long."""

import atexit
import json
import os
import re
import select
import subprocess
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import IO

from builder.expressions.faults import ExpressionError, ExpressionLimit

_CHILD = Path(__file__).with_name("child.py")
_START_SECONDS = 15
_RUN_SECONDS = 1.2
_LONGEST_PROGRAM = 20_000
_PLAIN_TEXT = re.compile(r'"(?:[^"\\]|\\[^(])*"')
_REFUSED = re.compile(r"(?<![.\w$@])(import|include|modulemeta|get_search_list|input|inputs|input_filename|debug|stderr"
                      r"|halt|halt_error)\b(?!\s*:)")  # fmt: skip


class _Died(Exception):
    """The child ended, or was killed because it took too long (`late`)."""

    def __init__(self, late: bool) -> None:
        self.late = late


class JqProcess:
    """One child at a time; calls from several threads take turns."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, program: str, text: str, *, most_bytes: int, most_items: int) -> tuple[str, float]:
        """The results of a program on a JSON text, as the text of one JSON list, and how many seconds they took."""
        _refuse(program)
        request = {"program": program, "input": text, "bytes": most_bytes, "items": most_items}
        line = json.dumps(request).encode() + b"\n"
        with self._lock:
            answer_line, seconds = self._exchange(line)
        answer = json.loads(answer_line)
        if "limit" in answer:
            raise ExpressionLimit("output_bytes", "The filter jq makes too much")
        if "error" in answer:
            raise ExpressionError("The filter jq failed: " + _reason(answer["error"]))
        return str(answer["results"]), seconds

    def _exchange(self, line: bytes) -> tuple[bytes, float]:
        is_fresh = self._process is None or self._process.poll() is not None
        try:
            return self._ask(line)
        except _Died as died:
            self.stop()
            if died.late:
                raise ExpressionLimit("seconds", f"The filter jq takes longer than {_RUN_SECONDS:g} s") from None
            if is_fresh:
                raise ExpressionLimit("memory", "The filter jq needs too much memory") from None
        try:
            return self._ask(line)
        except _Died as died:
            self.stop()
            limit = "seconds" if died.late else "memory"
            raise ExpressionLimit(limit, "The filter jq takes too long or needs too much memory") from None

    def _ask(self, line: bytes) -> tuple[bytes, float]:
        process = self._running()
        assert process.stdin and process.stdout
        try:
            process.stdin.write(line)
            process.stdin.flush()
        except OSError:
            raise _Died(late=False) from None
        started = time.monotonic()
        return _read_line(process.stdout, _RUN_SECONDS), time.monotonic() - started

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self._process = _start()
        return self._process

    def stop(self) -> None:
        """Ends the child and waits for it, so that no zombie stays."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            _close(process)

    def forget(self) -> None:
        """After a fork the child belongs to the parent: let go of it without ending it."""
        process, self._process = self._process, None
        self._lock = Lock()
        if process is not None:
            process.returncode = 0
            _close(process)


def _start() -> subprocess.Popen[bytes]:
    spec = find_spec("jq")
    if spec is None or spec.origin is None:
        raise ExpressionError("The filter jq is not installed here", hint="install the package jq")
    process = subprocess.Popen(
        [sys.executable, "-I", str(_CHILD), str(Path(spec.origin).parent)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={}, cwd="/", start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    try:
        _read_line(process.stdout, _START_SECONDS)
    except _Died:
        process.kill()
        process.wait()
        _close(process)
        raise ExpressionError("The filter jq cannot start") from None
    return process


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()


def _read_line(stream: IO[bytes], seconds: float) -> bytes:
    deadline = time.monotonic() + seconds
    poll = select.poll()
    poll.register(stream, select.POLLIN | select.POLLHUP)
    pieces: list[bytes] = []
    while not (pieces and pieces[-1].endswith(b"\n")):
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise _Died(late=True)
        piece = os.read(stream.fileno(), 1 << 16)
        if not piece:
            raise _Died(late=False)
        pieces.append(piece)
    return b"".join(pieces)


def _refuse(program: str) -> None:
    if len(program) > _LONGEST_PROGRAM:
        raise ExpressionLimit("template_bytes", f"A jq program is longer than {_LONGEST_PROGRAM:,} characters")
    found = _REFUSED.search(_PLAIN_TEXT.sub('""', program))
    if found:
        raise ExpressionError(f"`{found.group(1)}` is not available in the filter jq")


def _reason(error: str) -> str:
    """What jq says, on one line; it may quote values of the input, so only its complaint about the program is kept."""
    first = error.strip().splitlines()[0] if error.strip() else "no reason given"
    return first[:200] if "syntax error" in first or "is not defined" in first else "the program does not fit the value"


_process = JqProcess()
os.register_at_fork(after_in_child=_process.forget)
atexit.register(_process.stop)


def run_jq(program: str, text: str, *, most_bytes: int, most_items: int) -> tuple[str, float]:
    """See JqProcess.run; shared by all threads of this process."""
    return _process.run(program, text, most_bytes=most_bytes, most_items=most_items)
