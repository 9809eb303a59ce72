"""How far a block has come: starts its lanes, goes on in them, and passes from tasks to errors, finally and the end."""

import re

from builder.engine.execution import Execution, TaskRun
from builder.engine.moving import asking
from builder.engine.moving.asking import EXIT
from builder.engine.moving.board import Block
from builder.engine.moving.overall import listening
from builder.engine.moving.work import Work, child_path
from builder.engine.plan import Node, Plan
from builder.engine.states import TERMINAL, State
from builder.tasks.flow import TURN_ID
from builder.tasks.flow.layout import Lane, Layout, Turned

_BRANCHES = ("", "errors", "finally", "after")
"""The branches of a block in their order; only the flow itself has an "after" (afterExecution)."""
_ORDER = (State.SUCCESS, State.WARNING, State.RETRIED, State.FAILED, State.CANCELLED, State.KILLED)
_WEIGHT = {state: weight for weight, state in enumerate(_ORDER)}
_STOPPERS = frozenset({State.RETRIED, State.FAILED, State.CANCELLED, State.KILLED})


def open_block(work: Work, path: str, node: Node | None, layout: Layout) -> Block:
    """The block at `path` as far as its runs say, from nothing to nearly done."""
    block = Block(path, node, layout, turning=layout.turns and not is_over(work, path, ""))
    work.board.blocks[path] = block
    _open_branch(work, block, "", tuple(layout.lanes), layout.concurrency)
    return block


def settle(work: Work, block: Block) -> bool:
    """Starts what can start; True when every branch of the block is done."""
    while True:
        _start_lanes(work, block)
        if block.open or work.held:
            return False
        branch = _following(work, block)
        if branch is None:
            return True
        if branch == "after" and listening.ask(work):
            return False
        _open_branch(work, block, branch, _lanes(work, block, branch), 1)


def _lanes(work: Work, block: Block, branch: str) -> tuple[Lane, ...]:
    """One lane, and at the very end one more for each listener."""
    if branch != "after":
        return (Lane("", _ids(_group(work.plan, block.node, branch))),)
    return (Lane("", _ids(work.plan.after)), *listening.lanes(work.plan, work.execution))


def child_ended(work: Work, block: Block, path: str) -> None:
    """Takes note of a child's end and goes on in its lane; a child not known as live was counted already."""
    if path not in block.open:
        return
    block.open.discard(path)
    lane, position = block.places[path]
    run = work.runs[path]
    _count(work, block, run)
    if not _ends_its_lane(block, run):
        _go_on(work, block, lane, position + 1)


def _ends_its_lane(block: Block, run: TaskRun) -> bool:
    """At the very end every listener has a lane of its own, which its failure ends."""
    return block.branch == "after" and run.state in _STOPPERS


def turn_is_over(block: Block) -> bool:
    """Whether a loop's turn came to a good end, so that the loop must say whether it goes on."""
    return block.turning and block.branch == "" and block.worst not in _STOPPERS


def final_state(block: Block) -> State:
    """What the block's children came to, or what an Exit among them said."""
    if block.exit is not None:
        return block.exit
    if block.finally_failed and block.worst not in _STOPPERS:
        return State.FAILED
    return block.worst


def turned(work: Work, block: Block) -> list[Turned]:
    """How the turns of a loop came out, in their order; those that never began are left out."""
    paths = (child_path(block.path, lane.key, TURN_ID) for lane in block.layout.lanes)
    return [
        Turned(run.state.value, run.value, run.iteration or 0, run.key, run.outputs)
        for path in paths
        if (run := work.runs.get(path)) is not None
    ]


def state_so_far(plan: Plan, execution: Execution) -> State:
    """What the flow's tasks, errors and finally came to: the state that afterExecution sees."""
    exits = [run.state for run in execution.runs.values() if EXIT in run.evaluated]
    if exits:
        return exits[0]
    ends = [run.state for node in plan.tasks if (run := execution.runs.get(node.id)) is not None]
    worst = max(ends, key=lambda state: _WEIGHT.get(state, 0), default=State.SUCCESS)
    last = [run.state for node in plan.finally_ if (run := execution.runs.get(node.id)) is not None]
    if worst not in _STOPPERS and not _STOPPERS.isdisjoint(last):
        return State.FAILED
    return worst if worst in _WEIGHT else State.SUCCESS


def _open_branch(work: Work, block: Block, branch: str, lanes: tuple[Lane, ...], concurrency: int) -> None:
    block.branch, block.lanes, block.concurrency = branch, lanes, concurrency
    block.waiting, block.open, block.places, block.stopped = (
        [], set(), {}, is_over(work, block.path, branch)
    )  # fmt: skip
    if work.killing:
        block.worst = State.KILLED
    elif work.exit is not None and is_inside(work.exit.path, block.path):
        block.exit = work.exit.state
    gaps = []
    for number, lane in enumerate(lanes):
        position = _scan_lane(work, block, number, lane)
        if position is None or position >= len(lane.tasks):
            continue
        (gaps.append((number, position)) if position else block.waiting.append(number))
    block.waiting.reverse()
    for number, position in gaps:
        _go_on(work, block, number, position)


def _scan_lane(work: Work, block: Block, number: int, lane: Lane, start: int = 0) -> int | None:
    """The position of the lane's next task; None while one of its runs lives."""
    for position in range(start, len(lane.tasks)):
        path = child_path(block.path, lane.key, lane.tasks[position])
        run = work.runs.get(path)
        if run is None:
            return position
        block.places[path] = (number, position)
        if run.state not in TERMINAL:
            block.open.add(path)
            return None
        _count(work, block, run)
        if _ends_its_lane(block, run):
            break
    return len(lane.tasks)


def _count(work: Work, block: Block, run: TaskRun) -> None:
    state = run.state
    flow = block.node.flow if block.node is not None and block.branch == "" else None
    lenient = _goes_on_after(block, state) or (flow is not None and flow.goes_on_after_failure)
    if (state in _STOPPERS and not lenient) or (run.is_turn and asking.breaks(work.node(run), run)):
        block.stopped = True
    if block.branch == "":
        if _WEIGHT.get(state, 0) > _WEIGHT[block.worst]:
            block.worst = state
    elif block.branch == "finally" and state in _STOPPERS:
        block.finally_failed = True


def _goes_on_after(block: Block, state: State) -> bool:
    """Of several handlers the later ones run although one failed: who is told first must not keep the others silent."""
    return block.branch == "after" or (block.branch in ("errors", "finally") and state is State.FAILED)


def _go_on(work: Work, block: Block, number: int, start: int) -> None:
    """Starts the lane's next task; those that ran before a restart and stand behind it are passed over."""
    lane = block.lanes[number]
    if block.stopped or work.held:
        block.cut = block.cut or (_exited(work, block) and start < len(lane.tasks))
        return
    position = _scan_lane(work, block, number, lane, start)
    if position is None or position >= len(lane.tasks) or block.stopped:
        return
    run = work.create(block.path, lane, lane.tasks[position], block.branch)
    block.places[run.path] = (number, position)
    block.open.add(run.path)


def _start_lanes(work: Work, block: Block) -> None:
    limit = block.concurrency or len(block.lanes)
    while block.waiting and not block.stopped and not work.held and len(block.open) < limit:
        number = _next_lane(work, block)
        if number is None:
            return
        _go_on(work, block, number, 0)


def _next_lane(work: Work, block: Block) -> int | None:
    for place in range(len(block.waiting) - 1, -1, -1):
        if _ready(work, block, block.lanes[block.waiting[place]]):
            return block.waiting.pop(place)
    return None


def _ready(work: Work, block: Block, lane: Lane) -> bool:
    for task_id in lane.after:
        run = work.runs.get(child_path(block.path, lane.key, task_id))
        if task_id in work.plan.by_id and (run is None or run.state not in TERMINAL):
            return False
    return True


def is_over(work: Work, path: str, branch: str) -> bool:
    """Whether nothing new begins in this branch of the block at `path`: the execution is killed, or an Exit was there.

    What stands in a later branch of the flow itself (finally, afterExecution) than the Exit goes on.
    """
    if work.killing or work.exit is None:
        return work.killing
    return _rank(work, path, branch) <= _rank(work, work.exit.path, "")


def is_inside(path: str, block: str) -> bool:
    """Whether a run stands in the block at this path, at any depth."""
    return not block or path.startswith((f"{block}/", f"{block}["))


def _exited(work: Work, block: Block) -> bool:
    return bool(block.path) and not work.killing and is_over(work, block.path, block.branch)


def _rank(work: Work, path: str, branch: str) -> int:
    """The place among `_BRANCHES` of the branch of the flow itself that a block (with its branch) stands in."""
    root = re.split(r"[/\[]", path, maxsplit=1)[0]
    return _BRANCHES.index(work.runs[root].branch if root else branch)


def _following(work: Work, block: Block) -> str | None:
    """The branch that comes next, as far as one may."""
    if not is_over(work, block.path, block.branch):
        return _next_branch(work.plan, block)
    begun = _begun_branch(work, block)
    if begun is not None or work.killing or block.path:
        return begun
    later = _BRANCHES[max(_BRANCHES.index(block.branch) + 1, 2) :]
    return next((name for name in later if _group(work.plan, None, name) and not is_over(work, "", name)), None)


def _begun_branch(work: Work, block: Block) -> str | None:
    """While the execution is killed or left: a later branch that had begun before, so that its end is waited for."""
    for branch in _BRANCHES[_BRANCHES.index(block.branch) + 1 :]:
        ids = _ids(_group(work.plan, block.node, branch))
        if any(child_path(block.path, "", task_id) in work.runs for task_id in ids):
            return branch
    return None


def _next_branch(plan: Plan, block: Block) -> str | None:
    if turn_is_over(block):
        return None
    if block.branch == "" and block.worst is State.FAILED and _group(plan, block.node, "errors"):
        return "errors"
    later = _BRANCHES[max(_BRANCHES.index(block.branch) + 1, 2) :]
    return next((branch for branch in later if _group(plan, block.node, branch)), None)


def _group(plan: Plan, node: Node | None, name: str) -> tuple[Node, ...]:
    if node is not None:
        return node.groups.get(name, ())
    at_last = (*plan.after, *(node for nodes in plan.listeners for node in nodes))
    return {"errors": plan.errors, "finally": plan.finally_, "after": at_last}[name]


def _ids(nodes: tuple[Node, ...]) -> tuple[str, ...]:
    return tuple(node.id for node in nodes)
