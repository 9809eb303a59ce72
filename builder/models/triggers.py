"""What starts flows: the state of each trigger, and the slots that were fired."""

from django.db import models
from django.db.models import Q


class Trigger(models.Model):
    """One trigger of a published flow. `definition` is its map as published; `next_at` null: not computed yet.

    `enabled` is a person's switch; `disabled` in the flow's text is kept apart, in `declared_disabled`. `held_until`:
    one scheduler asks it (a polling trigger), nobody else may until then. `backfill`: past dates a person asked for.
    `off_at`: what it was looked at up to as it went off, until what passed since then is noted. `heeded_at`: up to when
    people have seen what it did not start. `failures`: how often in a row it could not look or start, from
    `failing_since` to `failed_at`. `alarm`: what people are called to, or why it was switched off, by which execution.
    """

    namespace = models.CharField(max_length=150)
    flow_id = models.CharField(max_length=100)
    trigger_id = models.CharField(max_length=256)
    type = models.CharField(max_length=200)
    definition = models.TextField()
    revision = models.PositiveIntegerField()
    enabled = models.BooleanField(default=True)
    declared_disabled = models.BooleanField(default=False)
    last_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    last_execution_id = models.CharField(max_length=22, null=True)  # noqa: DJ001 - null: it never fired
    held_until = models.DateTimeField(null=True)
    backfill = models.TextField(null=True)  # noqa: DJ001 - null: none was asked for
    off_at = models.DateTimeField(null=True)
    heeded_at = models.DateTimeField(null=True)
    message = models.TextField(default="", blank=True)
    failures = models.PositiveIntegerField(default=0, db_default=0)
    failing_since = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    alarm = models.TextField(default="", db_default="", blank=True)
    alarmed_at = models.DateTimeField(null=True)
    alarm_execution_id = models.CharField(max_length=22, null=True)  # noqa: DJ001 - null: there is no alarm
    since = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "flow_id", "trigger_id"], name="trigger_once")]
        indexes = [
            models.Index(fields=["next_at"], name="trigger_due", condition=Q(enabled=True, declared_disabled=False)),
            models.Index(fields=["type"], name="trigger_of_type"),
            models.Index(fields=["id"], name="trigger_backfilling", condition=Q(backfill__isnull=False)),
            models.Index(fields=["id"], name="trigger_failing", condition=Q(failures__gt=0)),
            models.Index(fields=["id"], name="trigger_alarming", condition=Q(alarmed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.namespace}.{self.flow_id}.{self.trigger_id}"


class Slot(models.Model):
    """One moment a trigger had to fire at; the unique key makes any number of schedulers safe.

    It names its trigger by text, so that a trigger taken out of a flow and put back does not fire the same slot again.
    `by_backfill`: a backfill came to it, at `made_at`, and not the schedule itself.
    """

    id = models.BigAutoField(primary_key=True)
    trigger = models.CharField(max_length=520)
    fire_at = models.DateTimeField()
    execution_id = models.CharField(max_length=22, null=True)  # noqa: DJ001 - null: it was passed over
    state = models.CharField(max_length=10)
    reason = models.TextField(default="", blank=True)
    made_at = models.DateTimeField()
    by_backfill = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trigger", "fire_at"], name="slot_once")]
        indexes = [
            models.Index(fields=["fire_at"], name="slot_at"),
            models.Index(fields=["made_at"], name="slot_lost", condition=Q(state__in=["FAILED", "MISSED"])),
        ]

    def __str__(self) -> str:
        return f"{self.trigger} at {self.fire_at}"


class ForgottenSlots(models.Model):
    """Up to when it is not known any more what a trigger has started: slots before that, and with it, are gone."""

    trigger = models.CharField(max_length=520, primary_key=True)
    upto = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.trigger} up to {self.upto}"


class TriggerWindow(models.Model):
    """What a flow trigger that waits for several things has seen in one span of time: which, by which executions.

    `name` tells the waits of one trigger apart. `fired_at`: when all was there the last time.
    """

    id = models.BigAutoField(primary_key=True)
    trigger = models.CharField(max_length=520)
    name = models.CharField(max_length=256)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    seen = models.TextField(default="{}")
    fired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trigger", "name", "start_at"], name="window_once")]

    def __str__(self) -> str:
        return f"{self.trigger} {self.name} from {self.start_at}"


class HeldCall(models.Model):
    """One call of a webhook that gathers calls before it starts its flow."""

    id = models.BigAutoField(primary_key=True)
    trigger = models.CharField(max_length=520)
    received_at = models.DateTimeField()
    document = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["trigger", "id"], name="held_call_of_trigger")]

    def __str__(self) -> str:
        return f"{self.trigger} at {self.received_at}"


class WebhookCall(models.Model):
    """One of the last calls of a webhook: what was answered, and why. `document`, encrypted, is what came.

    `trigger` ends in "/" for calls of a flow that no webhook's key fits; nothing of those is kept but that they came.
    """

    id = models.BigAutoField(primary_key=True)
    trigger = models.CharField(max_length=520)
    received_at = models.DateTimeField()
    method = models.CharField(max_length=10)
    size_bytes = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField()
    reason = models.TextField(default="", blank=True)
    execution_id = models.CharField(max_length=22, null=True)  # noqa: DJ001 - null: it started nothing
    document = models.TextField(null=True)  # noqa: DJ001 - null: it was too large, or is nobody's business

    class Meta:
        indexes = [models.Index(fields=["trigger", "id"], name="call_of_trigger")]

    def __str__(self) -> str:
        return f"{self.trigger} at {self.received_at}"
