"""The one Django app."""

from django.apps import AppConfig


class BuilderConfig(AppConfig):
    """Millstream."""

    name = "builder"
    verbose_name = "Millstream"
