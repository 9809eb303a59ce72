"""Where one text means two things: which release's meaning holds, chosen by the flow's label `compat` or the server.

Ask the flow: `flow.compat.kv_missing_is_null`. What a type's or a key's own name tells apart is decided there instead
(WaitFor and LoopUntil, ForEach and Loop, BOOLEAN and BOOL, `preconditions` and `dependsOn`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LABEL = "compat"
_WRITTEN = re.compile(r"(\d{1,3})(?:\.(\d{1,3}|x))?(?:\.\d{1,3})?")
_NEWEST_WORDS = ("newest", "latest")


@dataclass(frozen=True, slots=True)
class Compat:
    """The meaning of this release. (0, 21) is the oldest that is told apart; `NEWEST` is what holds unasked."""

    release: tuple[int, int]

    def __str__(self) -> str:
        return "newest" if self == NEWEST else ".".join(map(str, self.release))

    @property
    def kv_missing_is_null(self) -> bool:
        """`kv('missing')` gives null; an error since 0.22."""
        return self.release < (0, 22)

    @property
    def defaults_stay_raw(self) -> bool:
        """An expression in an input's `defaults` stays text, for `render(inputs.x)`; rendered at creation since 1.0."""
        return self.release < (1, 0)

    @property
    def batches_count_from_one(self) -> bool:
        """`taskrun.iteration` of a ForEachItem begins at 1; at 0 since 1.1."""
        return self.release < (1, 1)

    @property
    def flow_triggers_hear_pauses(self) -> bool:
        """One without `states` also fires at PAUSED since 0.23; with `dependsOn` or `when` it always does."""
        return self.release >= (0, 23)

    @property
    def unreadable_trigger_inputs_fail_an_execution(self) -> bool:
        """Inputs of a flow trigger that cannot be rendered make a FAILED execution; nothing before 2.0. With
        `dependsOn` they always do."""
        return self.release >= (2, 0)

    @property
    def warning_lines_make_a_warning(self) -> bool:
        """Lines of a script on standard error that warn make its task WARNING; no more since 0.23."""
        return self.release < (0, 23)

    @property
    def delete_is_recursive(self) -> bool:
        """`recursive` of fs.local.Delete is true when absent; false since 2.0."""
        return self.release < (2, 0)


NEWEST = Compat((99, 0))


def read_compat(text: str) -> Compat:
    """A release as people write it: 0.21, 1.3, 2.0, 1.x, newest. Raises ValueError."""
    if text.strip().lower() in _NEWEST_WORDS:
        return NEWEST
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        raise ValueError(f'"{text}" is no release')
    minor = found[2] or "0"
    return Compat((int(found[1]), 99 if minor == "x" else int(minor)))


def compat_of(labels: Iterable[tuple[str, str]], server: Compat = NEWEST) -> Compat:
    """What holds for a flow with these labels; a label that names no release is passed over (a check warns of it)."""
    for key, value in labels:
        if key == LABEL:
            try:
                return read_compat(value)
            except ValueError:
                return server
    return server
