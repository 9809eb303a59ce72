"""The guide names every address there is, and no other."""

import re

import pytest
from django.conf import settings
from django.urls import Resolver404, resolve

from builder.api.urls import urlpatterns
from tests.api.test_random_requests import addresses

GUIDE = (settings.BASE_DIR / "builder" / "docs" / "api.md").read_text()
TABLE = GUIDE.partition("## All addresses")[2]
NAMED = set(re.findall(r"`([a-z][a-z/{}_-]*)`", TABLE))


def test_every_address_is_named():
    verbs = ("replay", "resume", "pause", "unqueue", "force-run", "change-status")
    alike = {f"executions/{verb}/by-{how}" for verb in verbs for how in ("ids", "query")}
    there = {re.sub(r"<\w+:(\w+)>", r"{\1}", address) for address in addresses(urlpatterns)}
    missing = {one for one in there if not one.startswith("main/") and "/actions/" not in one} - NAMED - alike
    assert missing == set()


@pytest.mark.parametrize("name", sorted(name for name in NAMED if "/" in name))
def test_every_named_address_is_there(name: str):
    try:
        resolve(f"/api/v1/main/{re.sub('{.*?}', 'x', name)}")
    except Resolver404:
        pytest.fail(f"{name} is in the guide and leads nowhere")
