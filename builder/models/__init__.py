"""The tables, with their constraints and indexes; only `builder.store` reads or writes them."""

from builder.models.executions import CachedOutputs, Execution, Label, LogEntry, Metric, Signal, StateChange, TaskRun
from builder.models.flows import Draft, DraftStep, Flow, FlowRevision
from builder.models.namespaces import KvEntry, NamespaceFile, NamespaceFileRevision, Secret
from builder.models.system import ApiToken, Heartbeat, Lock
from builder.models.triggers import ForgottenSlots, HeldCall, Slot, Trigger, TriggerWindow, WebhookCall

__all__ = [
    "ApiToken",
    "CachedOutputs",
    "Draft",
    "DraftStep",
    "Execution",
    "Flow",
    "FlowRevision",
    "ForgottenSlots",
    "Heartbeat",
    "HeldCall",
    "KvEntry",
    "Label",
    "Lock",
    "LogEntry",
    "Metric",
    "NamespaceFile",
    "NamespaceFileRevision",
    "Secret",
    "Signal",
    "Slot",
    "StateChange",
    "TaskRun",
    "Trigger",
    "TriggerWindow",
    "WebhookCall",
]
