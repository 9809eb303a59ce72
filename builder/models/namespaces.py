"""What belongs to a namespace: KV entries, secrets and files."""

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


class NamespaceFile(models.Model):
    """One file or folder of a namespace; what it holds lives in the revisions. `revision` is the latest number.

    Folders have rows only where somebody made one; others are there because of what is in them.
    """

    namespace = models.CharField(max_length=150)
    path = models.CharField(max_length=500)
    is_folder = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    deleted = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=150, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "path"], name="namespace_file_once")]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.path}"


class NamespaceFileRevision(models.Model):
    """One content of a file, never changed afterwards; `place` is where the file storage has it."""

    file = models.ForeignKey(NamespaceFile, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    number = models.PositiveIntegerField()
    place = models.CharField(max_length=200)
    size = models.BigIntegerField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="namespace_file_revision_once")]

    def __str__(self) -> str:
        return f"{self.file_id}@{self.number}"
