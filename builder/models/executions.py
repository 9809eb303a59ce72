"""Executions and everything that hangs on one: task runs, logs, metrics, labels, and what people ask of it.

JSON documents are text columns: PostgreSQL's jsonb refuses NUL characters, which answers of models may hold.
"""

from django.db import models
from django.db.models import Q


class Execution(models.Model):
    """One run of one revision. `due_at` is the one thing sweep looks at: when somebody should take it up again.

    It is the end of the lease while a runner drives it, the end of a wait while it is parked, now when somebody asked
    something of it, and null when it ended or waits for a person or a child. `alone`: its process was lost with what is
    under way; `losses` counts those that were lost after that, which says beside how many others it runs. Executions of
    a flow that share a `concurrency_key` share its limit.
    """

    id = models.CharField(max_length=22, primary_key=True)
    namespace = models.CharField(max_length=150)
    flow_id = models.CharField(max_length=100)
    revision = models.PositiveIntegerField()
    state = models.CharField(max_length=10)
    history = models.TextField()
    inputs = models.TextField(default="{}")
    outputs = models.TextField(null=True)  # noqa: DJ001 - null: it has none yet
    labels = models.TextField(default="[]")
    trigger = models.TextField(null=True)  # noqa: DJ001 - null: a person started it
    message = models.TextField(default="", blank=True)
    variables = models.TextField(null=True)  # noqa: DJ001 - null: those of its flow
    notes = models.TextField(default="{}")
    parent_id = models.CharField(max_length=22, null=True)  # noqa: DJ001 - null: nobody's child
    parent_path = models.TextField(null=True)  # noqa: DJ001
    original_id = models.CharField(max_length=22)
    attempt_number = models.PositiveIntegerField(default=1)
    draft_source = models.TextField(null=True)  # noqa: DJ001 - null: it runs a published revision
    concurrency_limit = models.PositiveIntegerField(null=True)
    concurrency_key = models.CharField(max_length=200, default="", db_default="", blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=100, default="", blank=True)
    epoch = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    losses = models.PositiveIntegerField(default=0)
    alone = models.BooleanField(default=False)
    runs_total = models.PositiveIntegerField(default=0)
    runs_ended = models.PositiveIntegerField(default=0)
    tokens = models.BigIntegerField(null=True)
    cost = models.DecimalField(max_digits=24, decimal_places=12, null=True)
    unpriced = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="execution_recent"),
            models.Index(fields=["namespace", "flow_id", "-created_at", "-id"], name="execution_of_flow"),
            models.Index(fields=["state", "-created_at", "-id"], name="execution_in_state"),
            models.Index(fields=["due_at"], name="execution_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["parent_id"], name="execution_children", condition=Q(parent_id__isnull=False)),
            models.Index(fields=["owner"], name="execution_owned", condition=~Q(owner="")),
            models.Index(
                fields=["namespace", "flow_id", "state"], name="execution_active", condition=Q(ended_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.id


class TaskRun(models.Model):
    """One run of one task. `document` holds what only the engine reads (attempts, outputs, evaluated answers ...)."""

    id = models.CharField(max_length=22, primary_key=True)
    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="runs", db_index=False)
    path = models.TextField()
    task_id = models.CharField(max_length=256)
    state = models.CharField(max_length=10)
    position = models.PositiveIntegerField()
    attempts = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    document = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["execution", "path"], name="task_run_once")]

    def __str__(self) -> str:
        return self.path


class LogEntry(models.Model):
    """One line of an execution's log. `level` is the place in TRACE, DEBUG, INFO, WARN, ERROR, from 0."""

    id = models.BigAutoField(primary_key=True)
    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="logs", db_index=False)
    namespace = models.CharField(max_length=150)
    flow_id = models.CharField(max_length=100)
    task_id = models.CharField(max_length=256, default="", blank=True)
    path = models.TextField(default="", blank=True)
    run_id = models.CharField(max_length=22, default="", blank=True)
    attempt = models.PositiveIntegerField(default=0)
    level = models.PositiveSmallIntegerField()
    message = models.TextField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["execution", "id"], name="log_of_execution"),
            models.Index(fields=["-at", "-id"], name="log_recent"),
        ]

    def __str__(self) -> str:
        return self.message[:80]


class Metric(models.Model):
    """One number that a task reported; money is exact, hence Decimal."""

    id = models.BigAutoField(primary_key=True)
    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="metrics", db_index=False)
    task_id = models.CharField(max_length=256)
    path = models.TextField()
    run_id = models.CharField(max_length=22, default="", blank=True)
    attempt = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=100)
    value = models.DecimalField(max_digits=30, decimal_places=12)
    unit = models.CharField(max_length=30, default="", blank=True)
    tags = models.TextField(default="{}")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["execution", "id"], name="metric_of_execution")]

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


class Label(models.Model):
    """One label of an execution, as a row to filter by."""

    id = models.BigAutoField(primary_key=True)
    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="label_rows", db_index=False)
    key = models.CharField(max_length=200)
    value = models.CharField(max_length=500)

    class Meta:
        indexes = [
            models.Index(fields=["key", "value", "execution"], name="label_filter"),
            models.Index(fields=["execution"], name="label_of_execution"),
        ]

    def __str__(self) -> str:
        return f"{self.key}:{self.value}"


class CachedOutputs(models.Model):
    """What a task with a taskCache gave; gone with the execution that it comes from. `key`: flow, task, properties."""

    key = models.CharField(max_length=64, primary_key=True)
    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="cached_outputs", db_index=False)
    document = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["execution"], name="cached_outputs_of_execution")]

    def __str__(self) -> str:
        return self.key


class Signal(models.Model):
    """What a person or a child asks of a running execution; its runner deletes it in the transaction that obeys."""

    id = models.BigAutoField(primary_key=True)
    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="signals", db_index=False)
    kind = models.CharField(max_length=20)
    payload = models.TextField(default="{}")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["execution", "id"], name="signal_of_execution")]

    def __str__(self) -> str:
        return self.kind


class StateChange(models.Model):
    """An execution reached a state that flow triggers may wait for; written by its runner, deleted by the scheduler.

    `held_until`: one scheduler asks others for what it triggers, nobody else may until then.
    """

    id = models.BigAutoField(primary_key=True)
    execution = models.ForeignKey(Execution, on_delete=models.CASCADE, related_name="changes", db_index=False)
    state = models.CharField(max_length=10)
    at = models.DateTimeField()
    held_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["execution"], name="change_of_execution")]

    def __str__(self) -> str:
        return self.state
