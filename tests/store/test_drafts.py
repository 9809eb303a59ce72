"""A draft's history holds splices; going back and forth gives every text again."""

import random
import time

import pytest

from builder.models import DraftStep
from builder.store.flows import drafts
from tests.store.conftest import NOW

pytestmark = pytest.mark.django_db


def save(text: str) -> drafts.Draft:
    return drafts.save("team", "x", text, base_text="", base_revision=None, by="ada", now=NOW)


def test_random_edits_are_undone_exactly():
    rng = random.Random(7)
    texts = [""]
    for _ in range(60):
        text = texts[-1]
        start = rng.randint(0, len(text))
        end = rng.randint(start, min(len(text), start + 4))
        texts.append(text[:start] + "".join(rng.choices("aab\n é😀", k=rng.randint(0, 6))) + text[end:])
        save(texts[-1])
    texts = [text for text, before in zip(texts[1:], texts, strict=False) if text != before]
    for text in [*reversed(texts[:-1]), ""]:
        assert drafts.undo("team", "x", by="ada", now=NOW).text == text
    for text in texts:
        assert drafts.redo("team", "x", by="ada", now=NOW).text == text


def test_a_small_edit_of_a_large_text_is_a_small_step():
    large = "line\n" * 200_000
    save(large)
    begun = time.process_time()
    save(large[:500_000] + "x" + large[500_000:])
    assert time.process_time() - begun < 5  # letter by letter it would be minutes
    step = DraftStep.objects.latest("number")
    assert (step.removed, step.inserted) == ("", "x")


def test_the_same_text_again_is_no_step():
    save("a")
    assert save("a").undo_title == ""
    assert DraftStep.objects.count() == 1


def test_very_old_steps_are_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(drafts, "STEPS_KEPT", 3)
    for text in "abcdef":
        save(text)
    assert DraftStep.objects.count() == 3
    while drafts.get("team", "x").can_undo:
        drafts.undo("team", "x", by="ada", now=NOW)
    assert drafts.get("team", "x").text == "c"
