"""The child process of jq: reads requests as lines of JSON, answers each with one; ends when its input closes.

Run by its path, never imported by the product: it must start with nothing but the jq binding.
"""

import json
import os
import resource
import signal
import sys
from typing import Any

_MEMORY = 160 * 1024 * 1024
_PROCESSOR_SECONDS = 120
_LONGEST_SECONDS = 4
_KEPT_PROGRAMS = 128


def _confine() -> None:
    """From here on: no new files, processes or core dumps, and bounded memory and processor time."""
    if sys.platform != "darwin":  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS, _PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def _answer(jq: Any, programs: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    source, most_bytes, most_items = request["program"], request["bytes"], request["items"]
    if source not in programs:
        if len(programs) >= _KEPT_PROGRAMS:
            programs.clear()
        programs[source] = jq.compile(source)
    results: list[str] = []
    size = 0
    for result in iter(programs[source].input_text(request["input"])):
        text = json.dumps(result, ensure_ascii=False, separators=(",", ":"))
        size += len(text)
        if size > most_bytes or len(results) >= most_items:
            return {"limit": True}
        results.append(text)
    return {"results": "[" + ",".join(results) + "]"}


def main() -> None:
    os.environ.clear()
    sys.path.insert(0, sys.argv[1])
    import jq

    sys.set_int_max_str_digits(0)
    jq.compile(".").input_text("null").all()
    out = sys.stdout.buffer
    _confine()
    programs: dict[str, Any] = {}
    out.write(b"ready\n")
    out.flush()
    for line in sys.stdin.buffer:
        signal.alarm(_LONGEST_SECONDS)
        try:
            answer = _answer(jq, programs, json.loads(line))
        except MemoryError:
            answer = {"limit": True}
        except Exception as error:
            answer = {"error": str(error)[:1000]}
        signal.alarm(0)
        out.write(json.dumps(answer).encode() + b"\n")
        out.flush()


if __name__ == "__main__":
    main()
