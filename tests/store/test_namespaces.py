"""Values and secrets of namespaces: typed, with an end, encrypted."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from builder.errors import Conflict, Expired, InvalidInput, NotFound, Unavailable
from builder.expressions.faults import ExpressionError
from builder.models import Secret
from builder.store import encryption, kv, secrets
from builder.store.kv import Kind
from builder.store.lookups import StoredLookups
from tests.store.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("text", "STRING"),
        (1, "NUMBER"),
        (1.5, "NUMBER"),
        (True, "BOOLEAN"),
        ({"a": [1]}, "JSON"),
        ([1], "JSON"),
        (None, "JSON"),
        ("PT5M", "DURATION"),
        ("P1D", "DURATION"),
        ("P", "STRING"),
        ("2026-05-01", "DATE"),
        ("2026-05-01T12:00:00Z", "DATETIME"),
        ("2026-99-01", "STRING"),
    ],
)
def test_a_value_keeps_its_type(value: object, kind: str):
    entry = kv.set_value("team", "key", value, NOW)
    assert entry.kind is Kind(kind)
    assert kv.get("team", "key", NOW).value == value


def test_a_time_becomes_text():
    kv.set_value("team", "at", datetime(2026, 1, 1, tzinfo=UTC), NOW)
    assert kv.get("team", "at", NOW).value == "2026-01-01T00:00:00Z"


def test_an_expired_value_says_so_once_and_is_gone():
    kv.set_value("team", "key", 1, NOW, ttl_seconds=60)
    later = NOW + timedelta(seconds=60)
    assert kv.listed(later) == []
    with pytest.raises(Expired, match="The requested value has expired"):
        kv.get("team", "key", later)
    with pytest.raises(NotFound):
        kv.get("team", "key", later)


def test_an_expired_value_may_be_set_without_overwriting():
    kv.set_value("team", "key", 1, NOW, ttl_seconds=60)
    with pytest.raises(Conflict, match="`overwrite` is set to `false`"):
        kv.set_value("team", "key", 2, NOW, overwrite=False)
    assert kv.set_value("team", "key", 3, NOW + timedelta(hours=1), overwrite=False).value == 3


def test_setting_again_counts_versions_and_keeps_the_description():
    kv.set_value("team", "key", 1, NOW, description="what")
    again = kv.set_value("team", "key", 2, NOW)
    assert (again.version, again.description) == (2, "what")


@pytest.mark.parametrize("key", ["", "-x", "a b", "a/b", "x" * 257])
def test_a_bad_key_is_refused(key: str):
    with pytest.raises(InvalidInput):
        kv.set_value("team", key, 1, NOW)


def test_keys_are_listed_by_prefix_and_deleted():
    for key in ("a1", "a2", "b"):
        kv.set_value("team", key, 1, NOW)
    kv.set_value("team.x", "a3", 1, NOW)
    assert [entry.key for entry in kv.listed(NOW, namespace="team", prefix="a")] == ["a1", "a2"]
    assert len(kv.listed(NOW, namespace="team", children=True)) == 4
    assert kv.delete("team", "a1")
    assert not kv.delete("team", "a1")


def test_a_secret_is_encrypted_at_rest_and_found_from_below():
    secrets.set_value("team", "api_key", "hush", by="ada", now=NOW)
    assert "hush" not in Secret.objects.get().ciphertext
    assert secrets.value("API_KEY", "team.a.b") == "hush"
    with pytest.raises(NotFound, match="Cannot find secret for key 'api_key'"):
        secrets.value("api_key", "other")
    assert "hush" not in str(secrets.listed())


def test_the_nearest_namespace_wins():
    secrets.set_value("team", "KEY", "far", by="ada", now=NOW)
    secrets.set_value("team.a", "KEY", "near", by="ada", now=NOW)
    assert secrets.value("key", "team.a.b") == "near"
    assert secrets.value("key", "team") == "far"


def test_secrets_of_the_environment_decode_or_stay(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET_PLAIN", "sk-not base64!")
    monkeypatch.setenv("SECRET_CODED", base64.b64encode(b"hush").decode())
    assert secrets.value("plain", "team") == "sk-not base64!"
    assert secrets.value("coded", "team") == "hush"
    shown = {item.key: item.decoded for item in secrets.listed() if item.origin == "environment"}
    assert (shown["PLAIN"], shown["CODED"]) == (False, True)
    assert {"PLAIN", "CODED"} <= secrets.known("team")


def test_a_changed_key_is_explained(settings):
    text = encryption.encrypt("hush")
    settings.MILLSTREAM = {**settings.MILLSTREAM, "ENCRYPTION_KEY": "another key altogether"}
    with pytest.raises(Unavailable, match="MILLSTREAM_ENCRYPTION_KEY"):
        encryption.decrypt(text)


def test_sealed_values_open_anywhere_in_a_structure():
    value = {"a": [encryption.sealed("one")], "b": {"c": encryption.sealed("two")}, "d": 1}
    assert encryption.opened(value) == ({"a": ["one"], "b": {"c": "two"}, "d": 1}, ("one", "two"))


def test_lookups_see_the_namespaces_above_and_report_secrets():
    told: list[str] = []
    lookups = StoredLookups("team.a", lambda: NOW, on_secret=told.append)
    kv.set_value("team", "x", {"n": 1}, NOW)
    secrets.set_value("team", "KEY", "hush", by="ada", now=NOW)
    assert lookups.kv("x", None, False) == {"n": 1}
    assert lookups.kv("x", "team.a", False) is None
    with pytest.raises(ExpressionError, match=r"does not exist in the namespace 'team.a'"):
        lookups.kv("y", None, True)
    assert lookups.secret("key", None) == "hush"
    assert told == ["hush"]
    with pytest.raises(ExpressionError):
        lookups.secret("other", None)
    assert lookups.decrypt("k", lookups.encrypt("k", "text")) == "text"
    with pytest.raises(ExpressionError):
        lookups.decrypt("k2", lookups.encrypt("k", "text"))
