"""The one Django app."""

from django.apps import AppConfig
from django.conf import settings

from builder.tasks import use_packages


class BuilderConfig(AppConfig):
    """Millstream."""

    name = "builder"
    verbose_name = "Millstream"

    def ready(self) -> None:
        use_packages(settings.MILLSTREAM["TASK_PACKAGES"])
