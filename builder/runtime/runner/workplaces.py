"""Which folder an attempt of one execution works in: a new one, gone with the attempt."""

import asyncio

from builder.runtime.world.folders import Folder, Folders


class Workplaces:
    """Everything happens on the event loop; folders are removed beside it."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._own: dict[tuple[str, int], Folder] = {}

    def enter(self, path: str, attempt: int) -> Folder:
        """The folder of an attempt that begins."""
        return self._own.setdefault((path, attempt), self._folders.new())

    def leave(self, path: str, attempt: int) -> None:
        """An attempt is over."""
        folder = self._own.pop((path, attempt), None)
        if folder is not None:
            _remove(folder)


def _remove(folder: Folder) -> None:
    if folder.is_made:
        asyncio.get_running_loop().run_in_executor(None, folder.remove)
    else:
        folder.remove()
