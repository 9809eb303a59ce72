"""The flows that rows run; `URL` is the counter server's address, calls are counted by execution and task run."""

HIT = "{URL}/hit/{{{{ execution.id }}}}/{{{{ taskrun.id }}}}"

CALLS = ("call", "hit")
"""How the names of tasks begin that call the counter."""


def hit(task_id: str, url: str, seconds: float = 0.0, *, status: int = 200, more: str = "") -> str:
    """One line of a flow: a call that takes so long."""
    address = f"{HIT.format(URL=url)}?seconds={seconds}&status={status}"
    return f'{{id: {task_id}, type: io.kestra.plugin.core.http.Request, uri: "{address}"{more}}}'


def rest(task_id: str, seconds: float) -> str:
    return f"{{id: {task_id}, type: io.kestra.plugin.core.flow.Sleep, duration: PT{seconds}S}}"


def flow(namespace: str, flow_id: str, *tasks: str, head: str = "") -> str:
    """A flow of these tasks, one a line."""
    lines = "".join(f"  - {task}\n" for task in tasks)
    return f"id: {flow_id}\nnamespace: {namespace}\n{head}tasks:\n{lines}"


def slow(namespace: str, url: str, *, rounds: int = 4, seconds: float = 0.3) -> str:
    """Calls and rests in turn; it tells a secret, which no log may hold."""
    tasks = ["{id: tell, type: io.kestra.plugin.core.log.Log, message: \"{{ secret('PLANTED') }}\"}"]
    for number in range(1, rounds + 1):
        tasks += [hit(f"hit{number}", url, seconds), rest(f"rest{number}", seconds)]
    head = "inputs:\n  - {id: number, type: INT, defaults: 0}\n"
    return flow(namespace, "slow", *tasks, head=head)


def said(namespace: str, flow_id: str = "said", *, head: str = "") -> str:
    """The least there is: one line in a log."""
    return flow(namespace, flow_id, "{id: say, type: io.kestra.plugin.core.log.Log, message: hello}", head=head)


def scheduled(
    namespace: str, flow_id: str = "scheduled", *, recover: str = "ALL", cron: str = "* * * * * *", more: str = ""
) -> str:
    """Each second, unless `cron` says another time; a run does not wait for the one before."""
    trigger = (
        "triggers:\n  - id: each_second\n    type: io.kestra.plugin.core.trigger.Schedule\n"
        f'    cron: "{cron}"\n    withSeconds: true\n    allowConcurrent: true\n'
        f"    recoverMissedSchedules: {recover}\n{more}"
    )
    return said(namespace, flow_id, head=trigger)
