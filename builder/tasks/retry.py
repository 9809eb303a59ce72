"""Trying again after a failure, as tasks and flows declare it."""

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, model_validator

from builder.tasks.fields.form import Form
from builder.tasks.fields.properties import Duration, Properties


class Retry(Properties):
    """What all kinds of retry say."""

    max_attempts: int | None = Field(None, ge=1, validation_alias=AliasChoices("maxAttempts", "maxAttempt"))
    """How many tries there may be, the first one included."""
    max_duration: Duration | None = Field(None, examples=["PT10M"])
    """No new try starts later than this after the first one started."""
    warning_on_retry: bool = False
    """End with WARNING instead of SUCCESS when more than one try was needed."""
    behavior: Annotated[Literal["RETRY_FAILED_TASK", "CREATE_NEW_EXECUTION"], Form(label="What is tried again")] = (
        "RETRY_FAILED_TASK"
    )
    """Try the failed task again, or start the whole flow again as a new execution."""


def _below(least: Duration | None, most: Duration | None, names: str) -> None:
    if least is not None and most is not None and least >= most:
        small, big = names.split(" ")
        raise ValueError(f"{small} must be shorter than {big}")


class ConstantRetry(Retry):
    """Wait the same time before each try."""

    type: Literal["constant"] = "constant"
    """The same wait each time."""
    interval: Duration = Field(examples=["PT30S"])
    """How long to wait before the next try."""

    @model_validator(mode="after")
    def _check(self) -> "ConstantRetry":
        _below(self.interval, self.max_duration, "interval maxDuration")
        return self


class ExponentialRetry(Retry):
    """Wait longer before each try."""

    type: Literal["exponential"] = "exponential"
    """A longer wait each time."""
    interval: Duration = Field(examples=["PT10S"])
    """The wait that the others are multiples of."""
    max_interval: Duration = Field(examples=["PT5M"])
    """No wait is longer than this."""
    delay_factor: float | None = Field(None, gt=0)
    """How fast the wait grows; 2 when it is not set."""

    @model_validator(mode="after")
    def _check(self) -> "ExponentialRetry":
        _below(self.interval, self.max_interval, "interval maxInterval")
        _below(self.interval, self.max_duration, "interval maxDuration")
        return self


class RandomRetry(Retry):
    """Wait a random time before each try."""

    type: Literal["random"] = "random"
    """A random wait, so that many failed runs do not try again together."""
    min_interval: Duration = Field(examples=["PT10S"])
    """The shortest wait."""
    max_interval: Duration = Field(examples=["PT2M"])
    """The longest wait."""

    @model_validator(mode="after")
    def _check(self) -> "RandomRetry":
        _below(self.min_interval, self.max_interval, "minInterval maxInterval")
        _below(self.max_interval, self.max_duration, "maxInterval maxDuration")
        return self


AnyRetry = Annotated[ConstantRetry | ExponentialRetry | RandomRetry, Field(discriminator="type")]
