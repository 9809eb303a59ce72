"""The demo model's process: llama.cpp's OpenAI-compatible server, alone, so that a crash of it hurts nobody.

`python -m builder.management.demo_server FOLDER PORT` writes its base URL to standard output as soon as it listens, and
ends when its standard input is closed, that is when whoever started it is gone.
"""

import os
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

MODEL_NAME = "smollm2-135m"
CONTEXT_TOKENS = 4096
ANSWERS_AT_ONCE = 2
LONGEST_ANSWER_TOKENS = 1024
"""A weak model may go on for ever; a request may ask for less."""
_CACHE_MB = 64


def parameters(library: ModuleType, weights: Path, port: int) -> Any:
    """Loopback only, no pages, no other web site's scripts, little memory."""
    chosen = library.CommonParams()
    chosen.model.path = str(weights)
    chosen.model_alias = {MODEL_NAME}
    chosen.hostnames = ["127.0.0.1"]
    chosen.port = port
    chosen.n_ctx = CONTEXT_TOKENS
    chosen.n_parallel = ANSWERS_AT_ONCE
    chosen.kv_unified = True
    chosen.n_predict = LONGEST_ANSWER_TOKENS
    chosen.embedding = True  # of texts up to 512 tokens; answers stay what they are
    chosen.pooling_type = library.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    chosen.sampling.temp, chosen.sampling.top_p = 0.2, 0.9  # what its makers advise, where a request says nothing
    chosen.cache_ram_mib = _CACHE_MB
    chosen.cpuparams.n_threads = chosen.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 2) - 1)
    chosen.ui = chosen.endpoint_slots = False
    chosen.cors_origins = ""
    chosen.verbosity = 1
    return chosen


def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the library writes its log to either; only the address goes to the one who waits
    os.nice(5)
    sys.path.insert(0, str(folder))
    import xllamacpp

    weights = next(folder.glob("**/*.gguf"))
    server = xllamacpp.Server(parameters(xllamacpp, weights, port))
    told.write(f"{server.listening_address}/v1\n")
    told.close()
    threading.Thread(target=_end_with_input, daemon=True).start()
    threading.Event().wait()


def _end_with_input() -> None:
    while sys.stdin.buffer.read(1024):
        continue
    os._exit(0)


if __name__ == "__main__":
    main()
