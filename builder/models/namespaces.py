"""What belongs to a namespace: KV entries and secrets."""

from django.db import models


class KvEntry(models.Model):
    """One typed value of the KV store; `value` is JSON."""

    namespace = models.CharField(max_length=150)
    key = models.CharField(max_length=256)
    kind = models.CharField(max_length=10)
    value = models.TextField()
    description = models.TextField(default="", blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "key"], name="kv_once")]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.key}"


class Secret(models.Model):
    """One secret, encrypted; its value is never shown again."""

    namespace = models.CharField(max_length=150)
    key = models.CharField(max_length=256)
    ciphertext = models.TextField()
    description = models.TextField(default="", blank=True)
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=150, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "key"], name="secret_once")]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.key}"
