"""The life of one run: begun, asked about, started, and its end passed on to its block."""

from typing import Any

from builder.engine.commands import Evaluate, KeepRows, RunTask, TryAgain
from builder.engine.execution import TaskRun
from builder.engine.moving import asking, attempts
from builder.engine.moving.board import Block
from builder.engine.moving.ids import next_id
from builder.engine.moving.inside import batches, begins, turns
from builder.engine.moving.inside.progress import child_ended, final_state, open_block, settle, turn_is_over, turned
from builder.engine.moving.overall import asserting, notes
from builder.engine.moving.work import Work, child_path
from builder.engine.plan import Node
from builder.engine.states import TERMINAL, State
from builder.errors import TaskFailure
from builder.tasks.flow.layout import Batches, Lane, Layout, Wait


def take_steps(work: Work) -> None:
    """Takes the steps on the list until none is left."""
    steps = {"begin": begin, "enter": enter, "ended": ended}
    while work.todo and work.execution.state not in TERMINAL:
        name, path = work.todo.popleft()
        steps[name](work, path)


def take_up(work: Work) -> None:
    """Goes on wherever something can go on: after a restart or a pause by hand."""
    work.board.blocks.clear()
    work.todo.append(("enter", ""))
    for path in work.board.live:
        work.todo.append(("enter" if work.node(work.runs[path]).flow else "begin", path))


def begin(work: Work, path: str) -> None:
    """Starts a run that is CREATED or RESTARTED, or asks what must be known first."""
    run = work.alive(path)
    if run is None or work.held or run.state not in (State.CREATED, State.RESTARTED):
        return
    node = work.node(run)
    if asks := asking.awaited(node, run):
        work.commands += asks
    elif asking.skips(run):
        end(work, run, State.SKIPPED)
    elif node.flow is None:
        attempt = attempts.started(work, run)
        work.commands.append(RunTask(path, attempt))
    else:
        work.move(run, State.RUNNING)
        enter(work, path)


def enter(work: Work, path: str) -> None:
    """Goes on in a flow control run whose state is RUNNING, or in the flow itself (path "")."""
    if work.held:
        return
    if not path:
        advance(work, _root(work))
        return
    run = work.alive(path)
    if run is None:
        return
    if run.state in (State.CREATED, State.RESTARTED):
        begin(work, path)
    elif run.state is State.RUNNING:
        node = work.node(run)
        if asks := asking.awaited(node, run):
            work.commands += asks
        else:
            _lay_out(work, run, node)
    elif run.state is State.KILLING and not asking.has_children(run):
        advance(work, block_at(work, path))


def _lay_out(work: Work, run: TaskRun, node: Node) -> None:
    try:
        layout = layout_of(node, run)
    except TaskFailure as failure:
        fail(work, run, failure.message)
        return
    if run.wake_at is not None:
        return
    if layout.outputs and run.outputs is None:
        run = work.change(run, outputs=dict(layout.outputs))
    if layout.child is not None:
        begins.start_child(work, run, layout)
    elif layout.batches is not None:
        _start_batches(work, run, layout.batches)
    elif layout.gathers:
        _gather(work, run, node, layout.gathers)
    elif layout.wait is not None and asking.WAITED not in run.evaluated:
        _prepare_wait(work, run, node, layout, layout.wait)
    else:
        advance(work, block_at(work, run.path) if run.path in work.board.blocks else _open(work, run, node, layout))


def _open(work: Work, run: TaskRun, node: Node, layout: Layout) -> Block:
    if layout.wait is not None and asking.WAITED not in run.evaluated:
        layout = Layout((Lane("", layout.before),), turns=True, wait=layout.wait)
    elif layout.turns:
        layout = turns.begin_turn(work, run, node)
    return open_block(work, run.path, node, layout)


def layout_of(node: Node, run: TaskRun) -> Layout:
    """The layout of a flow control run whose questions are answered; raises TaskFailure."""
    assert node.flow is not None
    return node.flow.layout(node.group_ids, asking.answers(node, run))


def _start_batches(work: Work, run: TaskRun, asked: Batches) -> None:
    if not attempts.present(run, 0):
        run = batches.begun(work, run, asked)
    run = batches.begin_some(work, run, asked)
    if not run.evaluated[asking.BATCHES]:
        end(work, run, State.SUCCESS, attempts=attempts.closed(work, run, State.SUCCESS))


def _gather(work: Work, run: TaskRun, node: Node, sibling: str) -> None:
    assert node.flow is not None
    if asking.KEPT in run.evaluated:
        end(work, run, State.SUCCESS, outputs=dict(node.flow.gathered(run.evaluated[asking.KEPT])))
        return
    children = batches.children_of(work.runs, child_path(run.parent or "", "", sibling))
    work.commands.append(KeepRows(run.path, asking.KEPT, children=children))


def _prepare_wait(work: Work, run: TaskRun, node: Node, layout: Layout, wait: Wait) -> None:
    """Runs what comes before the wait, then waits."""
    if not layout.before or asking.PREPARED in run.evaluated:
        begins.start_wait(work, run, wait)
    else:
        advance(work, block_at(work, run.path))


def block_at(work: Work, path: str) -> Block:
    """The block at a path, made anew from the runs when it is not at hand."""
    if (found := work.board.blocks.get(path)) is not None:
        return found
    if not path:
        return _root(work)
    run = work.runs[path]
    node = work.node(run)
    if asking.unanswered(node, run):  # killed before its layout was known
        return open_block(work, path, node, Layout(()))
    return _open(work, run, node, layout_of(node, run))


def _root(work: Work) -> Block:
    found = work.board.blocks.get("")
    return found or open_block(work, "", None, Layout((Lane("", tuple(node.id for node in work.plan.tasks)),)))


def ended(work: Work, path: str) -> None:
    """Passes a run's end on to the block it stands in."""
    parent = work.runs[path].parent if path in work.runs else None
    if work.held:
        work.board.blocks.pop(parent or "", None)
        return
    if parent is not None and work.alive(parent) is None:
        return
    block = block_at(work, parent or "")
    child_ended(work, block, path)
    advance(work, block)


def advance(work: Work, block: Block) -> None:
    """Goes on in a block, and ends it when nothing is left to do."""
    if not settle(work, block):
        return
    if block.node is None:
        end_flow(work, final_state(block))
        return
    run = work.alive(block.path)
    if run is None:
        return
    if turn_is_over(block) and run.state is State.RUNNING and block.layout.wait is not None:
        work.board.blocks.pop(block.path)
        run = work.change(run, evaluated={**run.evaluated, asking.PREPARED: True})
        begins.start_wait(work, run, block.layout.wait)
        return
    if turn_is_over(block) and run.state is State.RUNNING:
        if not turns.goes_on(work, run, block):
            work.todo.append(("enter", block.path))
        return
    if run.state is State.KILLING:
        end(work, run, State.KILLED)
        return
    _conclude(work, run, block, block.node)


def _outcome(block: Block, node: Node, run: TaskRun) -> State:
    if block.exit is not None or block.cut:
        return block.exit or State.KILLED
    assert node.flow is not None
    state = node.flow.outcome(final_state(block).value, asking.answers(node, run))
    if state == "SUCCESS" and run.evaluated.get(asking.WAITED) == "WARN":
        state = "WARNING"
    return State(node.mapped(state))


def _conclude(work: Work, run: TaskRun, block: Block, node: Node) -> None:
    """The block has come to its end; what is wanted of it before is asked first."""
    assert node.flow is not None
    state = _outcome(block, node, run)
    if node.turn is not None and _keeps(work, run, block, node):
        return
    if node.flow.end_asks() and asking.COMES_TO not in run.evaluated and work.exit is None:
        run = work.change(work.runs[run.path], evaluated={**run.evaluated, asking.COMES_TO: state.value})
    if asks := asking.end_awaited(node, run):
        work.commands += asks
        return
    if work.exit is None and node.flow.leaves(state.value, asking.answers(node, run)):
        leave(work, work.runs[run.path], state)
        return
    end(work, work.runs[run.path], state)


def leave(work: Work, run: TaskRun, state: State, **changes: Any) -> None:
    """The run ends in `state` and the blocks around it, and so does the execution once nothing runs any more."""
    end(work, run, state, evaluated={**run.evaluated, asking.EXIT: True}, **changes)
    work.board.blocks.clear()
    for path in reversed(list(work.board.live)):
        if _only_waits(work, work.runs[path]):
            end(work, work.runs[path], State.KILLED)


def _only_waits(work: Work, run: TaskRun) -> bool:
    """Whether nothing of the run is under way: it has not begun, or waits for a time, a person or an answer."""
    node = work.node(run)
    if run.state is not State.RUNNING:
        return True
    if node.flow is None:
        return False
    if asking.unanswered(node, run):
        return True
    return run.wake_at is not None and layout_of(node, run).wait is None


def _keeps(work: Work, run: TaskRun, block: Block, node: Node) -> bool:
    """Gives a loop what its turns gave; True while that is being kept as a file."""
    assert node.flow is not None
    found = node.flow.turns_ended(turned(work, block), asking.answers(node, run))
    if found is None:
        return False
    if found.rows is not None and asking.KEPT not in run.evaluated:
        work.commands.append(KeepRows(run.path, asking.KEPT, tuple(found.rows)))
        return True
    kept = {"uri": run.evaluated[asking.KEPT]} if found.rows is not None else {}
    work.change(run, outputs={**(run.outputs or {}), **found.outputs, **kept})
    return False


def end_flow(work: Work, state: State) -> None:
    """The end of the execution; its outputs are evaluated first."""
    if work.execution.state in TERMINAL:
        return
    if work.killing:
        work.move_execution(State(work.execution.notes.get(notes.ENDS_AS, State.KILLED)))
    elif asserting.ask(work):
        return
    elif state is State.RETRIED:
        _try_again(work)
    elif wants_outputs(work):
        work.commands.append(outputs_ask(work))
    else:
        work.move_execution(state)


def wants_outputs(work: Work) -> bool:
    """Whether the flow's outputs are still to be evaluated; after an Exit they are not, as what they read never ran."""
    return bool(work.plan.flow.outputs) and work.execution.outputs is None and work.exit is None


def _try_again(work: Work) -> None:
    """Ends it with the execution that follows it; both come into being in one transaction."""
    due_at = notes.moment(work.execution, notes.AGAIN_AT)
    assert due_at is not None
    work.note(notes.NEXT, next_id(work.execution.id))
    work.move_execution(State.RETRIED)
    work.commands.append(TryAgain(due_at))


def outputs_ask(work: Work) -> Evaluate:
    """The question for the flow's outputs."""
    return Evaluate(None, "outputs", {output.id: output.value for output in work.plan.flow.outputs})


def end(work: Work, run: TaskRun, state: State, **changes: Any) -> None:
    """The run has ended."""
    work.move(run, state, wake_at=None, **changes)
    work.board.blocks.pop(run.path, None)
    work.todo.append(("ended", run.path))


def fail(work: Work, run: TaskRun, message: str, *, mapped: bool = True, **changes: Any) -> None:
    """The run has failed for good; `mapped`: allowFailure and allowWarning count."""
    state = work.node(run).mapped("FAILED") if mapped else "FAILED"
    end(work, run, State(state), message=message, **changes)
