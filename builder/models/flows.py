"""Flows, their numbered revisions, and the drafts being edited."""

from django.db import models


class Flow(models.Model):
    """One flow by its namespace and id; its text lives in the revisions. `revision` is the latest number."""

    namespace = models.CharField(max_length=150)
    flow_id = models.CharField(max_length=100)
    revision = models.PositiveIntegerField(default=0)
    description = models.TextField(default="", blank=True)
    labels = models.TextField(default="[]")
    disabled = models.BooleanField(default=False)
    deleted = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "flow_id"], name="flow_once")]
        indexes = [models.Index(fields=["deleted", "updated_at"], name="flow_recent")]

    def __str__(self) -> str:
        return f"{self.namespace}.{self.flow_id}"


class FlowRevision(models.Model):
    """One published text of a flow; never changed afterwards. `deleted`: the revision that says "deleted here"."""

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    number = models.PositiveIntegerField()
    source = models.TextField()
    content_hash = models.CharField(max_length=64)
    created_by = models.CharField(max_length=150, default="", blank=True)
    created_at = models.DateTimeField()
    deleted = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["flow", "number"], name="flow_revision_once")]

    def __str__(self) -> str:
        return f"{self.flow_id} r{self.number}"


class Draft(models.Model):
    """The text being edited; of a flow that may not exist yet. `position`: how many of its steps are applied."""

    namespace = models.CharField(max_length=150)
    flow_id = models.CharField(max_length=100)
    text = models.TextField()
    base_revision = models.PositiveIntegerField(null=True)
    position = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=150, default="", blank=True)
    changed = models.BooleanField(default=False)
    discarded = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "flow_id"], name="draft_once")]

    def __str__(self) -> str:
        return f"draft of {self.namespace}.{self.flow_id}"


class DraftStep(models.Model):
    """One change of a draft, as a splice: at `start`, `removed` became `inserted`. Undo is the splice backwards."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="steps", db_index=False)
    number = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    removed = models.TextField()
    inserted = models.TextField()
    title = models.CharField(max_length=200, default="", blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["draft", "number"], name="draft_step_once")]

    def __str__(self) -> str:
        return f"step {self.number}"
