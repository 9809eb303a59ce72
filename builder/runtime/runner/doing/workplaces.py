"""Which folder an attempt of one execution works in: one that goes with it, or that of the block around it."""

import asyncio
from collections.abc import Mapping

from builder.engine.execution import TaskRun
from builder.engine.states import TERMINAL
from builder.runtime.world.folders import Folder, Folders


class Workplaces:
    """Everything happens on the event loop; folders are removed beside it."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._own: dict[tuple[str, int], Folder] = {}
        self._blocks: dict[str, Folder] = {}

    @property
    def any_open(self) -> bool:
        """Whether a block has its folder here, so that the execution cannot go on elsewhere."""
        return bool(self._blocks)

    def enter(self, run: TaskRun, attempt: int) -> Folder:
        """The folder of an attempt that begins."""
        if run.parent in self._blocks:
            return self._blocks[run.parent]
        return self._own.setdefault((run.path, attempt), self._folders.new())

    def leave(self, path: str, attempt: int) -> None:
        """An attempt is over."""
        folder = self._own.pop((path, attempt), None)
        if folder is not None:
            _remove(folder)

    def of_block(self, path: str, *, anew: bool) -> Folder:
        """The folder of a block. `anew`: it begins."""
        if anew and path in self._blocks:
            _remove(self._blocks.pop(path))
        return self._blocks.setdefault(path, self._folders.new())

    def tidy(self, runs: Mapping[str, TaskRun]) -> None:
        """Removes the folders of blocks that have ended."""
        for path in list(self._blocks):
            if path not in runs or runs[path].state in TERMINAL:
                _remove(self._blocks.pop(path))

    def close(self) -> None:
        """Removes all of them."""
        self.tidy({})


def _remove(folder: Folder) -> None:
    if folder.is_made:
        asyncio.get_running_loop().run_in_executor(None, folder.remove)
    else:
        folder.remove()
