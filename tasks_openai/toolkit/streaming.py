"""Calls whose answer is shown while it is written."""

from builder.tasks.api import WrongProperty, model_validator
from tasks_openai.answers.structured import strict_schemas
from tasks_openai.toolkit.tool import OpenAITool


class StreamingTool(OpenAITool):
    """A tool with `stream` and, where the call has it, `stream_options`."""

    @model_validator(mode="after")
    def _has_a_stream_for_its_options(self) -> "StreamingTool":
        if getattr(self, "stream_options", None) is not None and not self._wanted():
            raise WrongProperty(("stream_options",), "goes only with stream: true")
        return self

    @model_validator(mode="after")
    def _has_strict_schemas(self) -> "StreamingTool":
        for name in ("response_format", "text", "tools"):
            for path, schema in strict_schemas(getattr(self, name, None), (name,)):
                self.check_strict(path, schema)
        return self

    def streams(self) -> bool:
        """Whether the answer is asked for in pieces: unless the author wants the whole at once."""
        return self._wanted() is not False

    def parameters(self) -> dict[str, object]:
        """Without `stream: false`, which the call's default is."""
        found = super().parameters()
        if found.get("stream") is False:
            del found["stream"]
        return found

    def _wanted(self) -> bool | None:
        wanted: bool | None = getattr(self, "stream", None)
        return wanted
