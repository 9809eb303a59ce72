"""A task package of one's own, as a user would name it in the settings."""

from builder.tasks.api import KestraTask, RunContext


class Shout(KestraTask):
    """Log a text in capitals."""

    type_name = "com.example.Shout"

    text: str
    """What to shout."""

    def run(self, context: RunContext) -> None:
        context.log("INFO", self.text.upper())
