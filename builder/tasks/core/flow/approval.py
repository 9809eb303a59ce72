"""Waits for somebody's yes or no."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from builder.tasks.api import (
    Ask,
    Children,
    Field,
    FlowBlock,
    Form,
    Lane,
    Layout,
    Outputs,
    Properties,
    Resume,
    Review,
    Wait,
)
from builder.tasks.core.flow.durations import read_duration

Behavior = Literal["CONTINUE", "WARN", "FAIL", "SUCCEED", "CANCEL", "KILL"]
APPROVED, DENIED, EXPIRED = "APPROVED", "DENIED", "EXPIRED"
_STATES = {
    "CONTINUE": "SUCCESS", "WARN": "WARNING", "FAIL": "FAILED",
    "SUCCEED": "SUCCESS", "CANCEL": "CANCELLED", "KILL": "KILLED",
}  # fmt: skip
_GOOD = ("SUCCESS", "WARNING")


class Decisions(Properties):
    """What the two ways are called on the page."""

    approve: str = "Approve"
    """The name of yes."""
    deny: str = "Deny"
    """The name of no."""


class Reviewed(Outputs):
    decision: Literal["APPROVED", "DENIED", "EXPIRED"]
    """What was decided."""
    auto: bool
    """Whether it approved itself (autoApprove)."""
    by: str | None
    """Who decided; null where nobody did in time."""
    on: str
    """When."""
    due: str
    """By when it has to be decided, where there is a timeout; known to the steps before the wait too."""
    url: str
    """Where people decide it: the address of the execution's page; known to the steps before the wait too."""
    comment: str
    """What the person said about it."""
    inputs: dict[str, Any]
    """The values of the inputs that it asked for, by their ids."""


class Approval(FlowBlock):
    """Wait until somebody approves or denies, and go on accordingly.

    What was decided is read as `{{ outputs.<this step>.decision }}` (APPROVED, DENIED or EXPIRED), with by, on, comment
    and inputs. It is decided on the page of the execution, or by POST /api/v1/executions/{id}/actions/review.
    """

    type_name = "io.kestra.plugin.core.flow.Approval"
    gives = Reviewed
    group_fields = ("onWait", "onApprove", "onDeny", "errors", "finally")
    input_fields = ("inputs",)
    example = """
id: review
type: io.kestra.plugin.core.flow.Approval
commentRequired: ON_DENY
timeout: P2D
onApprove:
  - id: publish
    type: io.kestra.plugin.core.log.Log
    message: "{{ outputs.review.by }} said yes"
"""

    inputs: Annotated[list[Any], Form("yaml", label="Ask for")] = []
    """Inputs that whoever decides fills in; declared as the inputs of a flow are."""
    decisions: Decisions = Decisions()
    """What the two buttons say."""
    comment_required: Annotated[
        Literal["NEVER", "ALWAYS", "ON_DENY", "ON_APPROVE"], Form(label="Ask for a comment")
    ] = "NEVER"
    """When whoever decides must say why."""
    auto_approve: bool = False
    """Approve at once, without asking anybody."""
    approve_behavior: Behavior = "CONTINUE"
    """How the execution goes on after an approval whose steps went well."""
    deny_behavior: Behavior = "CANCEL"
    """How it goes on after a denial."""
    expire_behavior: Behavior = "CANCEL"
    """How it goes on when nobody decided in time."""
    timeout: Annotated[Any, Form("duration", group="failure", label="Time limit")] = Field(None, examples=["P1D"])
    """How long there is for a decision, from the beginning of the step; for ever when it is not set."""
    on_wait: Children = []
    """Steps before the wait, a message to whoever shall decide for example."""
    on_approve: Children = []
    """Steps after an approval."""
    on_deny: Children = []
    """Steps after a denial."""

    def asks(self) -> Mapping[str, Ask]:
        if self.auto_approve:
            return {}
        asked = {"url": Ask("{{ kestra.url ?? '' }}/executions/{{ execution.id }}")}
        return asked if self.timeout is None else {**asked, "timeout": Ask(self.timeout), "began": Ask("{{ now() }}")}

    def layout(self, groups: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Layout:
        if self.auto_approve:
            outputs = {"decision": APPROVED, "auto": True}
            return Layout([Lane("", groups.get("onApprove", ()))], outputs=outputs)
        branch = {APPROVED: "onApprove", DENIED: "onDeny"}.get(str(answers.get("waited")), "")
        due = self._due(answers)
        outputs = {"url": answers["url"], **({"due": due} if due else {})}
        lanes = [Lane("", groups.get(branch, ()))]
        return Layout(lanes, outputs=outputs, wait=Wait(None, until=due), before=groups.get("onWait", ()))

    def _due(self, answers: Mapping[str, Any]) -> str:
        """Counted from the beginning of the step, so that those who are told of it in `onWait` know when it is over."""
        timeout = read_duration(answers.get("timeout"))
        return "" if timeout is None else (datetime.fromisoformat(answers["began"]) + timeout).isoformat()

    def resumed(self, resume: Resume) -> Mapping[str, Any]:
        decision = EXPIRED if resume.by is None else (resume.decision or APPROVED)
        said = {"comment": resume.comment, "inputs": dict(resume.inputs)} if resume.by is not None else {}
        return {"decision": decision, "auto": False, "by": resume.by, "on": resume.on, **said}

    @property
    def review(self) -> Review:
        commented = {"ALWAYS": {APPROVED, DENIED}, "ON_DENY": {DENIED}, "ON_APPROVE": {APPROVED}}
        wanted = frozenset(commented.get(self.comment_required, set()))
        return Review(self.decisions.approve, self.decisions.deny, wanted)

    def outcome(self, worst: str, answers: Mapping[str, Any]) -> str:
        state = _STATES[self._behavior(answers)]
        return state if worst == "SUCCESS" or (worst in _GOOD and state not in _GOOD) else worst

    def leaves(self, state: str, answers: Mapping[str, Any]) -> bool:
        return state in _GOOD and self._behavior(answers) == "SUCCEED"

    def _behavior(self, answers: Mapping[str, Any]) -> Behavior:
        decision = APPROVED if self.auto_approve else answers.get("waited")
        behaviors = {APPROVED: self.approve_behavior, DENIED: self.deny_behavior, EXPIRED: self.expire_behavior}
        return behaviors.get(str(decision), "CONTINUE")
