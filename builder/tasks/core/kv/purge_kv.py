"""Deletes entries of the key-value store."""

from typing import Annotated, Literal

from builder.tasks.api import Field, Form, KestraTask, Outputs, Properties, RunContext, model_validator


class KeyBehavior(Properties):
    """Delete whole entries."""

    type: Literal["key"]
    """Delete whole entries."""
    expired_only: bool = True
    """Only those whose time is over."""


class VersionBehavior(Properties):
    """Delete old versions of entries; the store keeps the last one alone, so none are left to delete."""

    type: Literal["version"]
    """Delete old versions and keep the last."""
    before: str | None = Field(None, examples=["2026-01-01T00:00:00Z"])
    """Only versions older than this date."""
    keep_amount: int | None = Field(None, ge=1)
    """How many versions of each entry stay."""


class PurgedKeys(Outputs):
    size: int
    """How many entries were deleted."""


class PurgeKV(KestraTask):
    """Delete entries of the key-value store, of many namespaces at once.

    Unless it is told otherwise, only entries whose time is over are deleted.
    """

    type_name = "io.kestra.plugin.core.kv.PurgeKV"
    title = "Purge the key-value store"
    category = "Key-value store"
    example = """
id: purge
type: io.kestra.plugin.core.kv.PurgeKV
namespaces:
  - company
keyPattern: "customer_*"
behavior:
  type: key
  expiredOnly: true
"""

    namespaces: list[str] = Field([], examples=[["company"]])
    """Whose entries; of all namespaces when neither this nor a pattern is set."""
    namespace_pattern: str | None = Field(None, examples=["company.*"])
    """The same by a pattern with * and ?; not together with a list."""
    include_child_namespaces: Annotated[bool, Form(label="Namespaces below them too")] = True
    """Take the namespaces below those of the list too."""
    key_pattern: str | None = Field(None, examples=["customer_*"])
    """Only entries whose key fits this pattern with * and ?."""
    behavior: KeyBehavior | VersionBehavior | None = Field(None, examples=[{"type": "key", "expiredOnly": True}])
    """What is deleted: entries whose time is over when it is not set."""
    expired_only: Annotated[bool | None, Form("hidden")] = None
    """Older place of behavior.expiredOnly; it counts where both are set."""

    @model_validator(mode="after")
    def _names_namespaces_once(self) -> "PurgeKV":
        if self.namespaces and self.namespace_pattern:
            raise ValueError("namespaces and namespacePattern cannot be used together")
        return self

    async def run(self, context: RunContext) -> PurgedKeys:
        if self.expired_only is None and isinstance(self.behavior, VersionBehavior):
            context.log(
                "INFO", "The store keeps the last version of each entry alone; there are no old ones to delete."
            )
            return PurgedKeys(size=0)
        size = await context.kv.purge(
            namespaces=self.namespaces,
            children=self.include_child_namespaces,
            namespace_pattern=self.namespace_pattern or "*",
            key_pattern=self.key_pattern or "*",
            expired_only=self._only_expired(),
        )
        context.log("INFO", f"{size} entries were deleted.")
        return PurgedKeys(size=size)

    def _only_expired(self) -> bool:
        if self.expired_only is not None:
            return self.expired_only
        return self.behavior.expired_only if isinstance(self.behavior, KeyBehavior) else True
