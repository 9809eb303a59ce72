"""How a model is to answer: the `configuration` of the tasks that ask one."""

from typing import Annotated, Any, Literal

from builder.tasks.api import Field, Form, Properties, WrongProperty, model_validator, schema_fault


class ResponseFormat(Properties):
    """Words, or data in a shape."""

    type: Literal["TEXT", "JSON"] = "TEXT"
    """TEXT for words, JSON for data."""
    json_schema: Annotated[dict[str, Any] | None, Form("code", label="JSON schema", language="json")] = None
    """What the data look like. The answer is held against it here, whatever the provider promises."""
    json_schema_description: Annotated[str | None, Form("textarea", label="Description of the schema")] = None
    """What the data mean, for the model."""
    strict_json: Annotated[bool, Form(label="Strict")] = False
    """Providers that can will give nothing but what fits the schema."""

    @model_validator(mode="after")
    def _fits_together(self) -> "ResponseFormat":
        for name, value in (("jsonSchema", self.json_schema), ("strictJson", self.strict_json)):
            if value and self.type == "TEXT":
                raise WrongProperty((name,), "is only allowed when type is JSON")
        fault = schema_fault(self.json_schema) if self.json_schema is not None else None
        if fault:
            raise WrongProperty(("jsonSchema",), str(fault))
        return self


class ChatConfiguration(Properties):
    """How the model answers; what is not written here is left to the provider."""

    temperature: Annotated[float | None, Form(label="Temperature")] = Field(None, ge=0, le=2)
    """0 is sober and repeatable, more is wilder."""
    top_k: Annotated[int | None, Form(label="Top k")] = Field(None, ge=1)
    """Choose only among so many of the likeliest next words; not every provider can."""
    top_p: Annotated[float | None, Form(label="Top p")] = Field(None, ge=0, le=1)
    """Choose only among the likeliest words that together have this probability."""
    seed: Annotated[int | None, Form(label="Seed")] = None
    """The same number makes answers alike; not every provider can."""
    max_token: Annotated[int | None, Form(label="Longest answer (tokens)")] = Field(None, ge=1, examples=[1024])
    """The answer is cut after so many tokens."""
    response_format: Annotated[ResponseFormat | None, Form(label="Shape of the answer")] = None
    """Words, or data in a shape."""
    thinking_enabled: Annotated[bool | None, Form(label="Think first")] = None
    """Let the model think before it answers, where model and provider can switch that."""
    thinking_budget_tokens: Annotated[int | None, Form(label="Longest thinking (tokens)")] = Field(None, ge=1)
    """How many tokens the thinking may take."""
    return_thinking: Annotated[bool, Form(label="Keep the thinking")] = False
    """Put what the model thought into the output `thinking`, where the provider shows it."""
    prompt_caching: Annotated[bool, Form(label="Keep the rules cached")] = False
    """Anthropic: the system message is cached between calls; others do that by themselves or not at all."""
    log_requests: Annotated[bool, Form(label="Log requests")] = False
    """Write each request into the log."""
    log_responses: Annotated[bool, Form(label="Log answers")] = False
    """Write each answer into the log."""
