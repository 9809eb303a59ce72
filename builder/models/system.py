"""What the installation itself needs: API tokens, the signs of life of its processes, and locks by name."""

from django.conf import settings
from django.db import models


class ApiToken(models.Model):
    """A token for the API; only its hash is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="token_name_once")]

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """A process of ours that said it lives: web, worker or scheduler."""

    name = models.CharField(max_length=100, primary_key=True)
    kind = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    details = models.TextField(default="{}")

    def __str__(self) -> str:
        return self.name


class Lock(models.Model):
    """A right that one process at a time has, such as to sweep."""

    name = models.CharField(max_length=50, primary_key=True)
    owner = models.CharField(max_length=100)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
