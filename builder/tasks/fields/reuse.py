"""taskCache: the outputs of an earlier run with the same properties in place of another run."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field, SecretStr

from builder.tasks.fields.properties import Duration, Properties, Rendered, field_of, holds_template


class TaskCache(Properties):
    """Whether and for how long the outputs of a run are used again."""

    enabled: bool
    """Use the outputs of an earlier run of this step whose properties came to the same, instead of running it."""
    ttl: Duration | None = Field(None, gt=timedelta(0), examples=["PT1H"])
    """How long outputs are used again; as long as their execution is kept when it is not set."""


def cache_of(properties: Mapping[str, Any]) -> TaskCache | None:
    """What the properties of a task say of its cache; None without one that is on."""
    written = properties.get("taskCache")
    found = TaskCache.read(written) if isinstance(written, Mapping) else None
    return found if found is not None and found.enabled else None


def fingerprint(task: BaseModel, written: Mapping[str, Any], secret: str) -> str | None:
    """What the rendered properties of a task come to, hidden behind a secret; None where only its run can tell."""
    if any(_is_rendered_later(task, name, value) for name, value in written.items()):
        return None
    plain = json.dumps(_plain(task), sort_keys=True, default=str)
    return hmac.new(secret.encode(), plain.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _is_rendered_later(task: BaseModel, name: str, value: Any) -> bool:
    found = field_of(type(task), name)
    later = found is not None and any(isinstance(one, Rendered) and one.mode == "raw" for one in found[1].metadata)
    return later and holds_template(value)


def _plain(value: Any) -> Any:
    """JSON of a value with the secrets in it, which a model's own JSON leaves out."""
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in sorted(value.model_fields_set)}
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value
