"""Parameters that the chat, completion and image calls describe alike."""

from typing import Annotated, Any

from builder.tasks.api import Field, Form
from tasks_openai.model_names import CHAT_MODELS

ChatModel = Annotated[str, Form("model", group="main", label="Model", options=CHAT_MODELS)]
Temperature = Annotated[float | None, Form(group="sampling", label="Temperature"), Field(ge=0, le=2)]
TopP = Annotated[float | None, Form(group="sampling", label="Top p"), Field(ge=0, le=1)]
Stop = Annotated[Annotated[list[str], Field(max_length=4)] | str | None, Form("list", group="answer", label="Stop at")]
Answers = Annotated[int | None, Form(group="answer", label="Number of answers"), Field(ge=1, le=128)]
Streams = Annotated[bool | None, Form(group="advanced", label="Stream")]
StreamOptions = Annotated[dict[str, Any] | None, Form("yaml", group="advanced", label="Stream options")]
User = Annotated[str | None, Form(group="advanced", label="End user")]
Order = Annotated[str | None, Form(label="Order", options=("asc", "desc"))]
