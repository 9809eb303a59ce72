"""What newer releases call things: each old name with the new one. Hints; both names are understood."""

from collections.abc import Mapping

PLUGIN = "io.kestra.plugin."

OLD_TYPES: Mapping[str, str] = {
    "core.flow.ForEach": "core.flow.Loop",
    "core.flow.ForEachItem": "core.flow.Loop",
    "core.flow.EachSequential": "core.flow.Loop",
    "core.flow.EachParallel": "core.flow.Loop",
    "core.flow.Template": "core.flow.Subflow",
    "core.flow.WaitFor": "core.flow.LoopUntil",
    "core.debug.Echo": "core.log.Log with message",
    "core.state.Set": "core.kv.Set",
    "core.state.Get": "core.kv.Get",
    "core.state.Delete": "core.kv.Delete",
    "core.storage.LocalFiles": "inputFiles and outputFiles of the task that needs them",
    "core.storage.Purge": "core.execution.PurgeExecutions",
    "core.storage.PurgeExecution": "core.storage.PurgeCurrentExecutionFiles",
    "core.execution.Count": "the API",
    "core.execution.Resume": "the API",
    "core.trigger.Toggle": "the API",
    "core.log.Fetch": "the API",
}
"""Type names after `io.kestra.plugin.`; gone in 2.0."""

CONDITIONS = "core.condition."
OLD_PACKAGES = ("io.kestra.core.", "io.kestra.plugin.langchain4j.", "io.kestra.plugin.notifications.")
"""Whole packages whose types have other names now; the catalogue knows which."""
NEW_TYPES = ("core.flow.Loop", "core.flow.Approval", "core.trigger.BatchWebhook", "core.trigger.McpToolTrigger")

OLD_FLOW_KEYS: Mapping[str, str] = {
    "taskDefaults": "the properties in each task",
    "pluginDefaults": "the properties in each task",
    "listeners": "afterExecution",
    "workerGroup": "workerSelector",
}
NEW_FLOW_KEYS = ("policyRefs", "quotas", "workerSelector")

OLD_TRIGGER_KEYS: Mapping[str, str] = {
    "conditions": "when",
    "scheduleConditions": "when",
    "preconditions": "dependsOn",
    "multipleConditions": "dependsOn",
    "minLogLevel": "logLevel",
    "workerGroup": "workerSelector",
}
NEW_TRIGGER_KEYS = ("when",)
NEW_FLOW_TRIGGER_KEYS = ("dependsOn", "window", "mode", "minSatisfied", "onMiss")

OLD_INPUT_TYPES: Mapping[str, str] = {"BOOLEAN": "BOOL", "ENUM": "SELECT"}
NEW_INPUT_TYPES = ("FORM", "OBJECT", "TABLE")
OLD_INPUT_KEYS: Mapping[str, str] = {
    "name": "id",
    "options": "values",
    "extension": "allowedFileExtensions",
    "allowInput": "allowCustomValue",
}

OLD_TASK_KEYS: Mapping[str, Mapping[str, str]] = {
    "core.flow.Pause": {"delay": "pauseDuration", "tasks": "tasks after the pause"},
    "core.flow.Subflow": {"outputs": "outputs of the flow that is called"},
    "core.kv.PurgeKV": {"expiredOnly": "behavior"},
    "core.http.Request": {"sslOptions": "options.ssl"},
    "core.http.Download": {"sslOptions": "options.ssl"},
}
"""By type, below `io.kestra.plugin.`."""
OLD_SCRIPT_KEYS: Mapping[str, str] = {
    "runner": "taskRunner",
    "docker": "containerImage and taskRunner",
    "outputDir": "outputFiles",
}
SCRIPTS = "scripts."

OLD_RETRY_KEYS: Mapping[str, str] = {"maxAttempt": "maxAttempts"}

OLD_WORDS: tuple[tuple[str, str, str], ...] = (
    (r"(?<![\w.|])json\s*\(", "json()", "fromJson()"),
    (r"\|\s*json\b(?!\s*\()", "| json", "| toJson"),
    (r"(?<![\w.'\"])schedule\.", "schedule.", "trigger."),
    (r"\bread\s*\([^)]*\bversion\s*=", "read(version=)", "read(revision=)"),
)
"""In expressions: a pattern, what it finds, what is written now."""
NEW_WORDS: tuple[tuple[str, str], ...] = (
    (r"(?<![\w.'\"])item\.(?:value|index|key|parents?)\b", "item."),
    (r"\bloopOutputs\s*\(", "loopOutputs()"),
)
