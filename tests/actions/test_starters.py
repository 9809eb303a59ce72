"""The ready-made flows are right as they stand, and with the demo model in place of a key."""

from typing import Any

import pytest

from builder.actions import flows, starters
from builder.store.flows import revision

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("starter", starters.all_starters(), ids=lambda starter: starter.name)
def test_each_has_no_problems(starter: starters.Starter) -> None:
    assert flows.validate(starter.source).problems == ()


def test_each_seed_example_and_three_more_are_there() -> None:
    assert len(starters.all_starters()) >= 13


def test_without_a_key_the_demo_model_answers_what_it_can(settings: Any) -> None:
    settings.MILLSTREAM = {**settings.MILLSTREAM, "DEMO_MODEL_URL": "http://127.0.0.1:9/v1"}
    for offer in starters.offers():
        assert offer.uses_demo == offer.starter.demo
        assert flows.validate(offer.source).problems == ()
        if offer.uses_demo:
            assert "globals.demo_model.base_url" in offer.source
            assert "OPENAI_API_KEY" not in offer.source
            assert offer.missing == ()


def test_installing_twice_keeps_what_was_changed() -> None:
    namespace, flow_id = starters.install("ask_a_question", by="ada")
    source = starters.offer("ask_a_question").source.replace("orchestration", "choreography")
    flows.update_flow(namespace, flow_id, source, by="ada")
    starters.install("ask_a_question", by="ada")
    assert "choreography" in revision(namespace, flow_id).source
