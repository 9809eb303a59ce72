"""One HTTP request and its answer: what Request, Download and the trigger that asks again and again have in common."""

import codecs
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Literal

from builder.tasks.api import (
    Field,
    Form,
    KestraTask,
    Properties,
    RunContext,
    TaskFailure,
    field_validator,
    holds_template,
)
from builder.tasks.http.bodies import Body, body_of, form_of
from builder.tasks.http.failures import failures_in_words
from builder.tasks.http.heads import as_text, check_address, query_of, raw_headers, shown_headers, write_headers
from builder.tasks.http.options import REQUEST_BYTES, LoggedPart, Options, Ssl

if TYPE_CHECKING:
    import httpx2

_SHOWN = 500
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"]


class HttpCall(Properties):
    """What is sent, and how."""

    uri: Annotated[str, Form(label="Address", placeholder="https://")] = Field(examples=["https://example.com/orders"])
    """Where the request goes."""
    method: Method = "GET"
    """What is asked of the address."""
    headers: Annotated[dict[str, Any] | None, Form("map")] = Field(None, examples=[{"Accept": "application/json"}])
    """Headers of the request."""
    params: Annotated[dict[str, Any] | None, Form("map", label="Query parameters")] = Field(
        None, examples=[{"page": "1"}]
    )
    """Added to the address after the question mark; a list gives a parameter several times."""
    body: Annotated[str | dict[str, Any] | list[Any] | None, Form("code", language="json")] = Field(
        None, examples=['{"name": "{{ inputs.name }}"}']
    )
    """What is sent; a map or list is sent as JSON."""
    form_data: Annotated[dict[str, Any] | None, Form("map", label="Form fields")] = Field(
        None, examples=[{"name": "{{ inputs.name }}"}]
    )
    """Sent like a web form instead of a body; with the content type multipart/form-data, kestra:// values are files."""
    content_type: str | None = Field(None, examples=["application/json"])
    """What the body is."""
    options: Annotated[Options | None, Form(group="connection")] = None
    """Sign-in, time limits, proxy and sizes."""
    ssl_options: Annotated[Ssl | None, Form("hidden")] = None
    """Older place of options.ssl."""

    @field_validator("uri")
    @classmethod
    def _is_an_address(cls, uri: str) -> str:
        return uri if holds_template(uri) else check_address(uri)

    @property
    def sending(self) -> Options:
        return self.options or Options()

    @asynccontextmanager
    async def exchange(self, context: RunContext, *, allow_failed: bool = False) -> AsyncIterator["httpx2.Response"]:
        """Sends the request; gives the answer before its body is read. A refused status raises TaskFailure."""
        body = await self._body(context)
        headers = self._headers(body)
        shown = {"method": self.method, "uri": self.uri, "headers": shown_headers(headers), "body": body.shown()}
        context.sent({name: value for name, value in shown.items() if value})
        self._log(context, "REQUEST_HEADERS", shown_headers(headers))
        self._log(context, "REQUEST_BODY", body.shown())
        started = monotonic()
        with failures_in_words(self.uri, self.sending):
            async with self._client(context).stream(
                self.method,
                self._address(),
                headers=raw_headers(headers),
                auth=self._login(),
                **body.arguments(),
            ) as response:
                context.log("DEBUG", f"{self.method} {response.url} answered {response.status_code}")
                self._log(context, "RESPONSE_HEADERS", shown_headers(dict(response.headers)))
                if not allow_failed and not self.sending.accepts(response.status_code):
                    raise TaskFailure(await self._refusal(response))
                yield response
        context.metric("request.duration", monotonic() - started, unit="seconds")

    async def _body(self, context: RunContext) -> Body:
        if self.form_data is not None:
            return await form_of(self.form_data, self.content_type, context.files)
        return body_of(self.body, self.content_type, self.sending.default_charset)

    def _log(self, context: RunContext, what: LoggedPart, value: Any) -> None:
        """One line for a part of the exchange that the author wants to see."""
        if value and what in self.sending.logged():
            context.log("INFO", f"{what}: {as_text(value)}")

    def _login(self) -> Any:
        import httpx2

        login = self.sending.login()
        is_digest = self.sending.auth is not None and self.sending.auth.type == "DIGEST"
        return httpx2.DigestAuth(*login) if login is not None and is_digest else login

    def _address(self) -> "httpx2.URL":
        import httpx2

        address = httpx2.URL(self.uri)
        return address.copy_merge_params(query_of(self.params)) if self.params else address

    def _client(self, context: RunContext) -> Any:
        options = self.sending
        ssl = options.ssl or self.ssl_options or Ssl()
        return context.http.client(
            verify=not ssl.insecure_trust_all_certificates,
            ca_pem=ssl.ca_pem,
            client_pem=ssl.client_pem.get_secret_value() if ssl.client_pem else None,
            proxy=options.proxy_url(),
            connect_timeout_seconds=options.connect_seconds(),
            silence_timeout_seconds=options.silence_seconds(),
            follow_redirects=options.follow_redirects,
        )

    def _headers(self, body: Body) -> dict[str, str]:
        headers = write_headers(self.headers or {})
        written = {name.lower() for name in headers}
        headers |= {name: value for name, value in self._headers_by_default().items() if name.lower() not in written}
        if body.content_type and "content-type" not in written:
            headers["Content-Type"] = body.content_type
        if "user-agent" not in written:
            headers["User-Agent"] = "Millstream"
        bearer = self.sending.bearer()
        if bearer and "authorization" not in written:
            headers["Authorization"] = f"Bearer {bearer}"
        return headers

    def _headers_by_default(self) -> dict[str, str]:
        """Sent unless the author wrote others."""
        return {}

    async def text_of(self, response: "httpx2.Response") -> str:
        """The body as text. Raises TaskFailure when it is larger than options.maxContentLength."""
        written = self.sending.max_content_length
        limit = REQUEST_BYTES if written is None else written
        content = bytearray()
        async for piece in response.aiter_bytes():
            content += piece
            if len(content) > limit:
                raise too_large(self.uri, limit)
        return content.decode(self._charset(response), "replace")

    def _charset(self, response: "httpx2.Response") -> str:
        charset = response.charset_encoding or self.sending.default_charset
        try:
            return codecs.lookup(charset).name
        except LookupError:
            return "utf-8"

    async def _refusal(self, response: "httpx2.Response") -> str:
        text = (await _beginning(response)).decode("utf-8", "replace").strip()
        answer = f": {text[:_SHOWN]}" if text else "."
        return f"{self.method} {self.uri} answered {response.status_code} {response.reason_phrase}{answer}"


class HttpTask(HttpCall, KestraTask):
    """A task that sends one HTTP request."""

    category = "HTTP"


async def _beginning(response: "httpx2.Response") -> bytes:
    content = b""
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > 4 * _SHOWN:
            break
    return content


def too_large(uri: str, limit: int) -> TaskFailure:
    return TaskFailure(
        f"The answer of {uri} is larger than {limit} bytes; options.maxContentLength sets another limit.",
        retryable=False,
    )
