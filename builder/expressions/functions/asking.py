"""Functions that ask other servers or start other flows."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from builder.expressions.evaluation.arguments import mapping, only_text, text
from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError
from builder.expressions.lookups import HttpQuestion, SubflowQuestion
from builder.expressions.registry import function
from builder.expressions.values import json_text
from builder.expressions.written.yaml_text import yaml_text


@function("http", "The answer of a server, JSON as a value; in tasks, and in the inputs and checks of a flow.",
          "{{ http('https://example.com/api', query={'page': 1}) }}", None)  # fmt: skip
def http(
    session: Session,
    uri: Any,
    method: Any = "GET",
    query: Any = None,
    body: Any = None,
    content_type: Any = "application/json",
    headers: Any = None,
    options: Any = None,
    accept: Any = "application/json",
) -> Any:
    kind = only_text(content_type, "contentType")
    question = HttpQuestion(
        uri=only_text(uri, "The uri"),
        method=only_text(method, "The method").upper(),
        query=_pairs(session, query, "The query"),
        body=None if body is None else _written(session, body, kind),
        headers=(
            *(pair for pair in _pairs(session, headers, "The headers") if pair[0].lower() != "content-type"),
            ("Accept", only_text(accept, "accept")),
            *((("Content-Type", kind),) if body is not None else ()),
        ),
        options=json_text(mapping(options, "The options"), session.budget) if options is not None else "{}",
    )
    return session.lookups.http(question)


def _pairs(session: Session, given: Any, what: str) -> tuple[tuple[str, str], ...]:
    if given is None:
        return ()
    return tuple((text(session, name), text(session, value)) for name, value in mapping(given, what).items())


def _written(session: Session, body: Any, content_type: str) -> str:
    """The body in the words of its type: JSON, YAML, a form, or the text itself."""
    if isinstance(body, str) and "json" not in content_type:
        return body
    if "yaml" in content_type:
        return yaml_text(body, session.budget)
    if "json" in content_type:
        return json_text(body, session.budget)
    if isinstance(body, Mapping) and "form-urlencoded" in content_type:
        return _form(session, body)
    return text(session, body)


def _form(session: Session, body: Mapping[Any, Any]) -> str:
    return urlencode(_pairs(session, body, "The body"))


@function("subflow", "Runs another flow and gives its id, state, outputs and labels; in the inputs of a flow.",
          "{{ subflow('company.team', 'my_flow', inputs={'country': 'FR'}).outputs.cities }}", None)  # fmt: skip
def subflow(session: Session, namespace: Any, id: Any, inputs: Any = None, revision: Any = None, labels: Any = None,
            timeout: Any = None) -> Any:  # fmt: skip
    if session.has("taskrun") or session.has("trigger"):
        raise ExpressionError("subflow() is for the inputs of a flow, such as the values of a SELECT", hint="in a task "
                              "or trigger, run the flow by a task of type io.kestra.plugin.core.flow.Subflow "
                              "and read its outputs")  # fmt: skip
    if not isinstance(revision, int | None) or isinstance(revision, bool):
        raise ExpressionError("The revision of subflow() must be a whole number")
    question = SubflowQuestion(
        namespace=only_text(namespace, "The namespace"),
        id=only_text(id, "The id"),
        inputs="{}" if inputs is None else json_text(mapping(inputs, "The inputs"), session.budget),
        revision=revision,
        labels=() if labels is None else _pairs(session, _without_null(mapping(labels, "The labels")), "The labels"),
        timeout="" if timeout is None else only_text(timeout, "The timeout"),
    )
    return session.lookups.subflow(question)


def _without_null(labels: Mapping[Any, Any]) -> Mapping[Any, Any]:
    return {key: value for key, value in labels.items() if value is not None}


@function("credential", "An access token of Kestra's enterprise edition; not offered here.",
          "{{ credential('my-api') }}", None)  # fmt: skip
def credential(session: Session, key: Any) -> Any:
    raise ExpressionError("credential() belongs to Kestra's enterprise edition", hint="keep the token as a secret: "
                          "secret('MY_TOKEN')")  # fmt: skip


@function("appLink", "The address of an app of Kestra's enterprise edition; not offered here.",
          "{{ appLink('my-app') }}", None)  # fmt: skip
def app_link(session: Session, app_id: Any = None, base_url: Any = None) -> Any:
    raise ExpressionError("appLink() belongs to Kestra's enterprise edition: there are no apps here")
