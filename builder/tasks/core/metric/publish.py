"""Reports numbers of one's own."""

from typing import Annotated, Any, Literal

from builder.tasks.api import Duration, Field, Form, KestraTask, Outputs, Properties, RunContext, field_validator


class Metric(Properties):
    """One number of the execution."""

    type: Literal["counter", "timer", "gauge"]
    """A count, a time, or a state of something."""
    name: str = Field(min_length=1, max_length=100, examples=["rows"])
    """What the number is called."""
    value: float | Duration = Field(examples=[42])
    """The number; a timer's in seconds, or a duration such as PT1.5S."""
    tags: Annotated[dict[str, Any], Form("map")] = Field({}, examples=[{"team": "red"}])
    """Names and values that tell numbers of one name apart."""
    description: str | None = None
    """A note for people who read the flow."""

    @field_validator("type", mode="before")
    @classmethod
    def _in_small_letters(cls, type_: Any) -> Any:
        return type_.lower() if isinstance(type_, str) else type_

    @property
    def number(self) -> float:
        return self.value if isinstance(self.value, int | float) else self.value.total_seconds()


class PublishedMetric(Outputs):
    """One number as it was reported."""

    type: str
    """A counter, timer or gauge."""
    name: str
    """What it is called."""
    value: float
    """The number, in seconds for a timer."""
    tags: dict[str, str]
    """What tells it apart."""


class Published(Outputs):
    metrics: list[PublishedMetric]
    """The numbers that were reported."""


class Publish(KestraTask):
    """Report numbers of one's own, which are kept and shown with the execution's metrics."""

    type_name = "io.kestra.plugin.core.metric.Publish"
    title = "Publish metrics"
    category = "Logs and values"
    quick = True
    example = """
id: report
type: io.kestra.plugin.core.metric.Publish
metrics:
  - type: counter
    name: orders
    value: "{{ inputs.amount }}"
    tags:
      kind: "{{ inputs.kind }}"
  - type: timer
    name: waited
    value: PT1.5S
"""

    metrics: list[Metric] = Field(min_length=1, examples=[[{"type": "counter", "name": "rows", "value": 42}]])
    """The numbers."""

    def run(self, context: RunContext) -> Published:
        return Published(metrics=[_published(metric, context) for metric in self.metrics])


def _published(metric: Metric, context: RunContext) -> PublishedMetric:
    tags = {name: value if isinstance(value, str) else str(value) for name, value in metric.tags.items()}
    unit = "seconds" if metric.type == "timer" else ""
    context.metric(metric.name, metric.number, unit=unit, tags=tags)
    return PublishedMetric(type=metric.type, name=metric.name, value=metric.number, tags=tags)
