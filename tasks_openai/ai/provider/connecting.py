"""A provider as its author wrote it, made a connection: the table's address and proof with the properties' values."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Literal
from urllib.parse import quote, urlsplit

from builder.tasks.api import Outside, SecretStr, TaskFailure
from tasks_openai.ai.provider.base import ModelProvider
from tasks_openai.ai.provider.fields import AmazonBedrock, AzureOpenAI, DashScope, OciGenAI, OpenAI, ZhiPuAI
from tasks_openai.providers import Proof, Speech
from tasks_openai.signing.aws import AwsSignature
from tasks_openai.signing.oci import DEFAULT_PROFILE, signature_of_profile
from tasks_openai.signing.tokens import azure_token, google_token
from tasks_openai.wire.connection import Connection
from tasks_openai.wire.failures import Wording

Purpose = Literal["chat", "images", "models"]
_ANTHROPIC_VERSION = "2023-06-01"
_SILENCE_SECONDS: Mapping[Purpose, float] = {"chat": 180, "images": 300, "models": 5}


async def connect(context: Outside, provider: ModelProvider, purpose: Purpose) -> Connection:
    """Whom to ask for what. Raises TaskFailure when no proof of who asks can be had."""
    vendor = provider.vendor
    connection = Connection(
        provider.key(),
        None if isinstance(provider, OpenAI) and not provider.own_server else address_of(provider, purpose),
        _SILENCE_SECONDS[purpose],
        ca_pem=provider.ca_pem or None,
        client_pem=_text(provider.client_pem) or None,
        server=called(provider),
        attempts=provider.max_retries + 1
        if isinstance(provider, ZhiPuAI) and provider.max_retries is not None
        else None,
        wording=Wording(vendor.key, f"the protocol of {vendor.title}", ""),
    )
    if isinstance(provider, AzureOpenAI) and provider.service_version:
        connection = replace(connection, query=(("api-version", provider.service_version),))
    if vendor.speech is Speech.GOOGLE and purpose == "chat":
        connection = replace(connection, query=(("alt", "sse"),))
    if vendor.speech is Speech.ANTHROPIC:
        connection = replace(connection, headers=(("anthropic-version", _ANTHROPIC_VERSION),))
    return await _PROOFS[vendor.proof](context, provider, connection)


def region_of(provider: AmazonBedrock) -> str:
    """The AWS region that is asked."""
    return (
        provider.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    ).strip()


def address_of(provider: ModelProvider, purpose: Purpose) -> str:
    """Where the provider is asked for this, by its own address or the one that its author wrote."""
    vendor = provider.vendor
    values = {name: quote(value, safe="") for name, value in provider if isinstance(value, str)}
    if isinstance(provider, AmazonBedrock):
        values["region"] = quote(region_of(provider), safe="")
    root = provider.base_url or getattr(provider, "endpoint", None) or _usual_root(provider).format(**values)
    root = root.rstrip("/").removesuffix(vendor.trims).rstrip("/")
    if isinstance(provider, AzureOpenAI):
        return root + _azure_path(provider, root)
    return root + (vendor.draws_at if purpose == "images" else vendor.speaks_at).format(**values)


def _usual_root(provider: ModelProvider) -> str:
    """Alibaba keeps China apart: there the clock of the machine decides, as in Kestra."""
    root = provider.vendor.root
    in_china = isinstance(provider, DashScope) and os.environ.get("TZ") == "Asia/Shanghai"
    return root.replace("dashscope-intl.", "dashscope.") if in_china else root


def called(provider: ModelProvider) -> str:
    """The provider in sentences; two servers of the same kind are two."""
    own: str | None = provider.base_url if provider.own_server else getattr(provider, "endpoint", None)
    return f"{provider.vendor.title} at {own.rstrip('/')}" if own else provider.vendor.title


def _azure_path(provider: AzureOpenAI, root: str) -> str:
    if provider.service_version:
        return f"/openai/deployments/{quote(provider.model_name, safe='')}"
    return "" if root.endswith("/openai/v1") else "/openai/v1"


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


async def _bearer(context: Outside, provider: ModelProvider, connection: Connection) -> Connection:
    return connection


async def _unproved(context: Outside, provider: ModelProvider, connection: Connection) -> Connection:
    return replace(connection, headers=(*connection.headers, ("authorization", "")))


async def _header(context: Outside, provider: ModelProvider, connection: Connection) -> Connection:
    proof = (("authorization", ""), (provider.vendor.header, connection.api_key))
    return replace(connection, headers=(*connection.headers, *proof))


async def _azure(context: Outside, provider: ModelProvider, connection: Connection) -> Connection:
    assert isinstance(provider, AzureOpenAI)
    if provider.api_key:
        return await _header(context, provider, connection)
    token = await azure_token(
        context, provider.tenant_id or "", provider.client_id or "", _text(provider.client_secret)
    )
    wording = replace(connection.wording, key="clientId, clientSecret and tenantId")
    return replace(connection, api_key=token, wording=wording)


async def _aws(context: Outside, provider: ModelProvider, connection: Connection) -> Connection:
    assert isinstance(provider, AmazonBedrock)
    signature = AwsSignature(_text(provider.access_key_id), _text(provider.secret_access_key), region_of(provider))
    return replace(await _unproved(context, provider, connection), signature=signature)


async def _google(context: Outside, provider: ModelProvider, connection: Connection) -> Connection:
    return replace(connection, api_key=await google_token(context, urlsplit(connection.url).hostname or ""))


async def _oci(context: Outside, provider: ModelProvider, connection: Connection) -> Connection:
    assert isinstance(provider, OciGenAI)
    signature = await asyncio.to_thread(signature_of_profile, provider.auth_provider or DEFAULT_PROFILE)
    return replace(await _unproved(context, provider, connection), signature=signature)


_PROOFS: Mapping[Proof, Callable[[Outside, ModelProvider, Connection], Awaitable[Connection]]] = {
    Proof.BEARER: _bearer,
    Proof.HEADER: _header,
    Proof.NONE: _unproved,
    Proof.AZURE: _azure,
    Proof.AWS: _aws,
    Proof.GOOGLE: _google,
    Proof.OCI: _oci,
}


def model_path(model: str) -> str:
    """A model's name as part of a path: what parts names stays, the rest is quoted."""
    if ".." in model.split("/"):
        raise TaskFailure(f"modelName is {model!r}, which is no name of a model.", retryable=False)
    return quote(model, safe="/@")
