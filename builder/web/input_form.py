"""What people enter for a flow's inputs: read from the form that `flow/_input_fields.html` draws."""

from typing import Any

from django.http import HttpRequest

from builder.flows.form_fields import Control, FormField

_MISSING = "missing required input"


def fault_said(one: FormField, fault: str) -> str:
    """What is wrong, below its field: of one left empty, not more than that."""
    return f"{one.label} needs a value." if _MISSING in fault else fault


def given_value(request: HttpRequest, one: FormField) -> Any:
    """What was entered; None where nothing was, so that the default holds."""
    if one.control is Control.FILE:
        return None
    if one.control is Control.CHECKBOX:
        return "true" if request.POST.get(one.id) else "false"
    if one.control is Control.MULTISELECT:
        return request.POST.getlist(one.id) or None
    return request.POST.get(one.id, "").replace("\r\n", "\n") or None
