"""Bringing in what was made elsewhere: flows as they are, Instill's recipes translated into flows."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from builder.actions import drafts as draft_actions
from builder.actions import flows as flow_actions
from builder.actions.flows import Published, Save
from builder.errors import Conflict, InvalidFlow, InvalidInput, Problem, Severity
from builder.flows.catalogue import Kind
from builder.flows.document import parse, split_documents
from builder.flows.recipes import Translated, is_recipe, translate
from builder.store import flows
from builder.store.births import limits
from builder.store.flows import drafts
from builder.tasks.catalogue import catalogue
from builder.tasks.output_kinds import output_kind


class _Tasks:
    """The tasks of this installation, as a translation asks for them."""

    def has(self, type_name: str) -> bool:
        found = catalogue().find(type_name)
        return found is not None and found.kind is Kind.TASK

    def output_kind(self, type_name: str, path: Sequence[str | int]) -> tuple[str, str | None]:
        found = catalogue().find(type_name)
        return output_kind(found.plugin, path) if found else ("STRING", None)


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """What an import made: flows that are published, or (`draft`) a translated recipe to look at first.

    `problems` are what of a recipe has no counterpart here.
    """

    published: tuple[Published, ...] = ()
    draft: tuple[str, str] | None = None
    problems: tuple[Problem, ...] = ()


def holds_recipe(source: str) -> bool:
    """Whether a text is a recipe rather than a flow."""
    return is_recipe(parse(source, limits()).data)


def translated(source: str, *, namespace: str, flow_id: str) -> Translated:
    """A recipe as a flow; stores nothing. Raises InvalidInput where namespace or id could not be a flow's, InvalidFlow
    when nothing could be made of the recipe."""
    refused = head_problems(namespace, flow_id)
    if refused:
        raise InvalidInput(refused[0])
    made = translate(source, _Tasks(), namespace=namespace, flow_id=flow_id, limits=limits())
    if not made.text:
        raise InvalidFlow([one for one in made.problems if one.severity is Severity.ERROR])
    return made


def bring_in(source: str, *, namespace: str, flow_id: str, by: str, save: Save | None = None) -> BroughtIn:
    """Publishes the flows of a text (all or none), or makes a draft of a recipe, which is then looked at and published.

    `namespace` and `flow_id` are the recipe's; flows have their own. `save` publishes a flow; without it each must be a
    new one. Raises InvalidFlow, InvalidInput, Conflict.
    """
    if not holds_recipe(source):
        parts = split_documents(source)
        if not parts:
            raise InvalidInput("The text is empty; paste a flow or a recipe, or choose a file.")
        save = save or (lambda text: flow_actions.create_flow(text, by=by))
        return BroughtIn(published=tuple(flow_actions.save_flows(parts, save)))
    made = translated(source, namespace=namespace, flow_id=flow_id)
    if flows.exists(namespace, flow_id) or drafts.find(namespace, flow_id) is not None:
        raise Conflict(f"There is a flow or a draft {namespace}.{flow_id} already; choose another name.")
    draft_actions.save_draft(namespace, flow_id, made.text, by=by, title="recipe imported")
    return BroughtIn(draft=(namespace, flow_id), problems=made.problems)


def head_problems(namespace: str, flow_id: str) -> list[str]:
    """What is wrong with a new flow's namespace and id, in sentences."""
    step = "{id: hello, type: io.kestra.plugin.core.log.Log, message: Hello}"
    head = f"id: {json.dumps(flow_id)}\nnamespace: {json.dumps(namespace)}\n"
    checked = flow_actions.validate(f"{head}tasks:\n  - {step}\n")
    return [one.message for one in checked.problems]


def id_from(file_name: str) -> str:
    """A flow's id out of a file's name."""
    stem = file_name.rpartition("/")[2].partition(".")[0]
    return re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-") or "imported_recipe"
