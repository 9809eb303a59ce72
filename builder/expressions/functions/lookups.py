"""Functions that ask the world outside the variables, through `Lookups`."""

from typing import Any

from builder.errors import BuilderError
from builder.expressions.evaluation.arguments import only_text
from builder.expressions.evaluation.session import Session
from builder.expressions.faults import ExpressionError, UndefinedVariable
from builder.expressions.registry import function
from builder.expressions.values import read_json, text_of


def _text(session: Session, value: Any, what: str) -> str:
    if value is None:
        raise ExpressionError(f"{what} is null")
    return text_of(value, session.budget)


def _namespace(value: Any) -> str | None:
    return None if value is None else only_text(value, "The namespace")


def _bounded(session: Session, text: str) -> str:
    session.budget.text(len(text))
    return text


@function("kv", "The value of a key in the KV store of the flow's namespace or another one.", "{{ kv('rate') }}", None)
def kv(session: Session, key: Any, namespace: str | None = None, error_on_missing: bool | None = None) -> Any:
    name = _text(session, key, "The key")
    value = session.lookups.kv(name, _namespace(namespace), False)
    is_wanted = not session.lookups.kv_missing_is_null if error_on_missing is None else error_on_missing
    if value is None and is_wanted:
        where = f"the namespace '{namespace}'" if namespace else "the flow's namespace"
        raise UndefinedVariable(name, message=f"The key '{name}' does not exist in {where}.")
    return value


@function("secret", "A secret of the namespace; masked in logs and outputs.", "{{ secret('API_KEY') }}", None)
def secret(
    session: Session, key: Any, namespace: str | None = None, subkey: str | None = None, full: Any = False
) -> Any:
    """`full`: a map with the value."""
    if full is True and subkey:
        raise ExpressionError("The 'secret' function cannot be called with both 'subkey' and 'full' arguments.")
    text = session.lookups.secret(_text(session, key, "The name of the secret"), _namespace(namespace))
    if not subkey:
        return {"value": text} if full is True else text
    fields = read_json(text, session.budget)
    if not isinstance(fields, dict) or subkey not in fields:
        raise UndefinedVariable(subkey, message="The secret has no such field")
    return fields[subkey]


def _named(session: Session, path: Any, namespace: Any, revision: Any) -> tuple[str, str | None, int | None]:
    """Which file the arguments of a function name."""
    if revision is not None and (isinstance(revision, bool) or not isinstance(revision, int) or revision < 1):
        raise ExpressionError("The revision of a file is a whole number from 1")
    return _text(session, path, "The path"), _namespace(namespace), revision


@function("read", "The text of a namespace file or of a file of this execution.", "{{ read('prompts/a.txt') }}", None)
def read(session: Session, path: Any, namespace: Any = None, revision: Any = None, version: Any = None) -> str:
    named = _named(session, path, namespace, version if revision is None else revision)
    return _bounded(session, session.lookups.read(*named))


@function("fileSize", "The size of a file in bytes.", "{{ fileSize(outputs.download.uri) }}", None)
def file_size(session: Session, path: Any, namespace: Any = None, revision: Any = None) -> int:
    return session.lookups.file_size(*_named(session, path, namespace, revision))


@function("isFileEmpty fileEmpty", "Whether a file has no content.", "{{ isFileEmpty(outputs.download.uri) }}", None)
def is_file_empty(session: Session, path: Any, namespace: Any = None, revision: Any = None) -> bool:
    return session.lookups.file_size(*_named(session, path, namespace, revision)) == 0


@function("fileExists", "Whether a file can be read here.", "{{ fileExists('prompts/a.txt') }}", None)
def file_exists(session: Session, path: Any, namespace: Any = None, revision: Any = None) -> bool:
    named = _named(session, path, namespace, revision)
    try:
        session.lookups.file_size(*named)
    except BuilderError:
        return False
    return True


@function("fileURI", "The address of a namespace file.", "{{ fileURI('prompts/a.txt') }}", None)
def file_uri(session: Session, path: Any, namespace: Any = None, revision: Any = None) -> str:
    named = _named(session, path, namespace, revision)
    if "../" in named[0]:
        raise ExpressionError("Path must not contain '../'")
    return session.lookups.file_uri(*named)


@function("errorLogs", "The lines of level ERROR in this execution's log.", "{{ errorLogs() }}", None)
def error_logs(session: Session) -> list[dict[str, Any]]:
    return session.lookups.error_logs()


@function("encrypt", "A text encrypted with a key (AES-GCM).", "{{ encrypt(secret('KEY'), 'text') }}", None)
def encrypt(session: Session, key: Any, plaintext: Any) -> str:
    return session.lookups.encrypt(_text(session, key, "The key"), _text(session, plaintext, "The text"))


@function("decrypt", "The text that encrypt() hid.", "{{ decrypt(secret('KEY'), outputs.a.value) }}", None)
def decrypt(session: Session, key: Any, encrypted: Any) -> str:
    return session.lookups.decrypt(_text(session, key, "The key"), _text(session, encrypted, "The text"))
