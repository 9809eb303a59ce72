"""io.kestra.plugin.openai.UploadFile."""

from typing import Annotated, ClassVar

from builder.tasks.api import Field, Form, Outputs, RunContext, TaskFailure
from tasks_openai.answers import media
from tasks_openai.kestra.asking import KeyedTask
from tasks_openai.wire.calls import fetch_json
from tasks_openai.wire.exchange import Call
from tasks_openai.wire.forms import form_of

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
LARGEST_UPLOAD_BYTES = 128 * 2**20
"""OpenAI takes 512 MB; here a file goes through the worker's memory."""


class UploadFileOutput(Outputs):
    """The uploaded file."""

    file_id: str
    """Its number at the service, by which requests name it."""


class UploadFile(KeyedTask):
    """Upload a file of the execution to OpenAI, for prompts, batches, fine-tuning or assistants."""

    type_name: ClassVar[str] = "io.kestra.plugin.openai.UploadFile"
    title: ClassVar[str] = "Upload file"
    example: ClassVar[str] = """\
id: upload
type: io.kestra.plugin.openai.UploadFile
apiKey: "{{ secret('OPENAI_API_KEY') }}"
from: "{{ inputs.document }}"
purpose: user_data
"""

    from_: Annotated[str, Form(group="main", label="File")] = Field(alias="from", examples=["{{ inputs.document }}"])
    """The file's address: of this execution (kestra:///...) or of the web; at most 128 MB."""
    purpose: Annotated[str, Form(group="main", label="What for", options=PURPOSES)] = Field(examples=["user_data"])
    """What the file is for; what is none of the suggestions counts as assistants."""
    user: Annotated[str | None, Form(group="advanced", label="End user")] = None
    """Accepted, without effect: uploads know no end user."""

    async def run(self, context: RunContext) -> UploadFileOutput:
        file = await media.load(context, self.from_, LARGEST_UPLOAD_BYTES)
        if not file.content:
            raise TaskFailure("The file is empty; the service takes none that is.", retryable=False)
        call = form_of(Call("POST", "/files", {"purpose": self._purpose(context)}), [("file", file)])
        body = await fetch_json(context, self.connection(), call)
        if not body.get("id"):
            raise TaskFailure("The service took the file and did not say its number.", outputs=dict(body))
        return UploadFileOutput(file_id=str(body["id"]))

    def _purpose(self, context: RunContext) -> str:
        wanted = self.purpose.strip().lower()
        known = {one.replace("-", "_"): one for one in PURPOSES}.get(wanted.replace("-", "_"))
        if known is None:
            context.log("WARN", f"{self.purpose!r} is no purpose of files; using assistants.")
        return known or "assistants"
