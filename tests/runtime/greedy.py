"""Tasks that have a process of their own: one wants too much memory, one never ends, one asks for all there is."""

import os
import signal
import subprocess
import time
from typing import Any

from builder.tasks.api import KestraTask, RunContext, TaskFailure


class Isolated(KestraTask):
    """A task of these tests."""

    isolated = True


class Grow(Isolated):
    """Ask for more memory than there is."""

    type_name = "tests.runtime.Grow"
    example = "id: grow\ntype: tests.runtime.Grow\n"

    def run(self, context: RunContext) -> Any:
        return {"size": len(bytearray(4_000_000_000))}


class Block(Isolated):
    """Start another program, swallow every exception and never end."""

    type_name = "tests.runtime.Block"
    example = "id: block\ntype: tests.runtime.Block\n"

    def run(self, context: RunContext) -> Any:
        other = subprocess.Popen(["sleep", "600"])
        context.log("INFO", f"{os.getpid()} {other.pid}")
        while True:
            try:
                time.sleep(600)
            except BaseException:
                continue


class Crash(Isolated):
    """End the process as a fault in a library does."""

    type_name = "tests.runtime.Crash"
    example = "id: crash\ntype: tests.runtime.Crash\n"

    def run(self, context: RunContext) -> Any:
        os.kill(os.getpid(), signal.SIGSEGV)


class AskAll(Isolated):
    """Use all that a context offers."""

    type_name = "tests.runtime.AskAll"
    example = "id: ask\ntype: tests.runtime.AskAll\n"

    async def run(self, context: RunContext) -> Any:
        context.log("INFO", f"from {os.getpid()}")
        context.metric("things", 3)
        context.mask("hush-hush")
        context.log("INFO", "it is hush-hush")
        await context.kv.set("a", {"b": [1]})
        with context.files.writing("new.txt") as file:
            file.write(b"one\ntwo\n")
        with context.files.open(file.uri) as again:
            lines = again.read().decode().splitlines()
        try:
            await context.kv.set("a", 1, overwrite=False)
            refused = ""
        except TaskFailure as error:
            refused = error.message
        return {
            "kv": await context.kv.get("a"), "lines": lines, "uri": file.uri, "process": os.getpid(),
            "rendered": await context.render("{{ flow.id }}"), "refused": refused, "id": context.execution_id,
        }  # fmt: skip


class Fail(Isolated):
    """Fail in the way that tasks do, or as nobody foresaw."""

    type_name = "tests.runtime.Fail"
    example = "id: fail\ntype: tests.runtime.Fail\nforeseen: true\n"

    foreseen: bool = True
    """Whether it says why."""

    def run(self, context: RunContext) -> Any:
        if self.foreseen:
            raise TaskFailure("It could not be done.", retryable=False, outputs={"half": 1})
        raise ValueError("nobody thought of this")
