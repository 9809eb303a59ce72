"""Keeps or drops items of a file."""

from typing import Annotated, Any, Literal

from builder.tasks.api import BuilderError, Field, Form, Outputs, Rendered, RunContext, TaskFailure, is_true
from builder.tasks.core.storage.sources import FileTask, extension, items


class Filtered(Outputs):
    uri: str
    """The file of the items that were kept, as a kestra:// address."""
    processed_items_total: int
    """How many items were read."""
    dropped_items_total: int
    """How many of them were left out."""


class FilterItems(FileTask):
    """Keep, or leave out, the items of a file (Ion or JSON lines) for which an expression is true."""

    type_name = "io.kestra.plugin.core.storage.FilterItems"
    aliases = ("io.kestra.core.tasks.storages.FilterItems",)
    title = "Filter items"
    example = """
id: adults
type: io.kestra.plugin.core.storage.FilterItems
from: "{{ outputs.write.uri }}"
filterCondition: "{{ id > 1 }}"
filterType: INCLUDE
errorOrNullBehavior: EXCLUDE
"""

    from_: Annotated[str, Form(label="File")] = Field(alias="from", examples=["{{ outputs.download.uri }}"])
    """The file; each line holds one item."""
    filter_condition: Annotated[str, Rendered("raw"), Form(label="Condition")] = Field(examples=["{{ age > 17 }}"])
    """An expression for each item; it sees the item's fields, and the whole as item."""
    filter_type: Annotated[Literal["INCLUDE", "EXCLUDE"], Form(label="Items that fit are")] = "INCLUDE"
    """INCLUDE keeps the items that fit, EXCLUDE leaves them out."""
    error_or_null_behavior: Annotated[
        Literal["FAIL", "INCLUDE", "EXCLUDE"], Form(group="advanced", label="Where the condition fails")
    ] = "FAIL"
    """What to do with an item whose condition is null or cannot be evaluated: fail, keep it or leave it out."""

    def run(self, context: RunContext) -> Filtered:
        total = kept_total = 0
        with (
            context.files.open(self.from_) as file,
            context.files.writing(f"{context.task_id}{extension(self.from_)}") as kept,
        ):
            for total, (row, fields) in enumerate(items(file), 1):
                if self._is_kept(context, fields, total):
                    kept.write(row + b"\n")
                    kept_total += 1
        dropped = total - kept_total
        return Filtered(uri=kept.uri, processed_items_total=total, dropped_items_total=dropped)

    def _is_kept(self, context: RunContext, fields: dict[str, Any], number: int) -> bool:
        said = "it is null"
        try:
            value = context.render_now(self.filter_condition, fields, typed=True)
        except BuilderError as error:
            value, said = None, error.message
        if value is not None and value != "":
            fits = is_true(str(value).lower() if isinstance(value, bool) else value)
            return fits is (self.filter_type == "INCLUDE")
        if self.error_or_null_behavior == "FAIL":
            raise TaskFailure(f"filterCondition of item {number}: {said}", retryable=False)
        return self.error_or_null_behavior == "INCLUDE"
