"""No secret leaves a runner's memory, in any of the forms it may take on its way."""

import base64
import json
from urllib.parse import quote

import pytest

from builder.runtime.masking import MASK, Masker, StreamMasker

SECRET = 'p@ss "wörd"/+42'


@pytest.fixture
def masker() -> Masker:
    made = Masker()
    made.add([SECRET])
    return made


@pytest.mark.parametrize("text", [
    f"key={SECRET}!", quote(SECRET, safe=""), json.dumps({"key": SECRET}),
    json.dumps({"key": SECRET}, ensure_ascii=False),
    base64.b64encode(SECRET.encode()).decode(), base64.b64encode(f"user:{SECRET}".encode()).decode(),
    base64.b64encode(f"ab{SECRET}cd".encode()).decode(), base64.b64encode(f"a{SECRET}c".encode()).decode(),
])  # fmt: skip
def test_it_masks_a_secret_however_it_is_written(masker: Masker, text: str) -> None:
    shown = masker.text(text)
    assert MASK in shown and SECRET not in shown


def test_it_masks_values_and_keys_all_the_way_down(masker: Masker) -> None:
    assert masker.value({"a": [{SECRET: f"x{SECRET}"}], "n": 1}) == {"a": [{MASK: f"x{MASK}"}], "n": 1}


def test_short_secrets_are_left_alone() -> None:
    masker = Masker()
    masker.add(["abc", ""])
    assert masker.text("abcabc") == "abcabc"


def test_each_line_of_a_long_secret_is_one() -> None:
    masker = Masker()
    masker.add(["-----BEGIN KEY-----\nMIIEvgIBADANBg\nkqhkiG9w0BAQEF\n"])
    assert masker.text("it has kqhkiG9w0BAQEF in it") == f"it has {MASK} in it"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_stream_shows_no_part_of_a_secret(masker: Masker, size: int) -> None:
    text = f"begin {SECRET} end"
    stream = StreamMasker(masker)
    shown = "".join(stream.feed(text[at : at + size]) for at in range(0, len(text), size)) + stream.rest()
    assert shown == f"begin {MASK} end"


def test_a_stream_holds_back_no_more_than_what_a_secret_may_begin_with() -> None:
    masker = Masker()
    masker.add(["sk-" + "x" * 200])
    stream = StreamMasker(masker)
    assert [stream.feed(piece) for piece in ("Hello ", "wor", "ld, as", "k")] == ["Hello ", "wor", "ld, a", ""]
    assert stream.feed(" me") == "sk me"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_stream_shows_what_the_whole_text_would_when_secrets_overlap(size: int) -> None:
    masker = Masker()
    masker.add(["abcabcx", "abcabcxyz", "cxyzz", "zzzz"])
    text = "abcabcxy abcabcxyz cxyzz abcabcxyzz zzzzz abcabcabcx"
    stream = StreamMasker(masker)
    shown = "".join(stream.feed(text[at : at + size]) for at in range(0, len(text), size)) + stream.rest()
    assert shown == masker.text(text)


def test_the_parts_of_a_secret_that_is_json_are_masked_too() -> None:
    masker = Masker()
    masker.add(['{"user": "ada", "keys": ["first-key-1"], "password": "pa55word"}'])
    assert masker.text("the pa55word and first-key-1") == "the ****** and ******"
