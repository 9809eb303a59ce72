"""Calls that choose one word after the other: how they choose, and that they stream."""

from typing import Annotated

from builder.tasks.api import Field, Form
from tasks_openai.toolkit.chat_fields import StreamOptions, Streams, Temperature, TopP
from tasks_openai.toolkit.streaming import StreamingTool

Penalty = Annotated[float | None, Field(ge=-2, le=2)]
Bias = Annotated[float, Field(ge=-100, le=100)]


class SamplingTool(StreamingTool):
    """A tool with the settings of the older calls, which conversations and completions share."""

    temperature: Temperature = None
    """0 is sober and repeatable, 2 is wild. Some models that think take only 1."""
    top_p: TopP = None
    """Choose only among the likeliest words that together have this probability. Set this or the temperature."""
    frequency_penalty: Annotated[Penalty, Form(group="sampling", label="Against repeated words")] = None
    """Above 0: the more often a word stands already, the less it is used again."""
    presence_penalty: Annotated[Penalty, Form(group="sampling", label="For new topics")] = None
    """Above 0: words that stand already at all are used less."""
    logit_bias: Annotated[dict[str, Bias] | None, Form("map", group="sampling", label="Bias of single tokens")] = None
    """Token numbers with -100 (never) to 100 (always)."""
    seed: Annotated[int | None, Form(group="sampling", label="Seed")] = None
    """The same number asks for the same answer again, as far as the service manages that."""
    stream: Streams = None
    """Answers are always streamed to the page; false asks for the whole at once."""
    stream_options: StreamOptions = None
    """Only together with stream: true, such as {"include_usage": true}."""
