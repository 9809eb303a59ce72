"""The table of providers: the guide shows it as it is, and the tables of prices know its addresses."""

from pathlib import Path

import pytest
from genai_prices import data_snapshot

from tasks_openai.providers import VENDORS, Vendor

GUIDE = Path(__file__).resolve().parents[2] / "builder" / "docs" / "openai.md"
PRICES = {
    "AmazonBedrock": "aws", "Anthropic": "anthropic", "AzureOpenAI": "azure", "DeepSeek": "deepseek",
    "GoogleGemini": "google", "GoogleVertexAI": "google", "MistralAI": "mistral", "OpenAI": "openai",
    "OpenRouter": "openrouter", "WorkersAI": "cloudflare", "ZhiPuAI": "zhipuai",
}  # fmt: skip
"""Whose table of prices holds at a provider's own address."""
AT = {"AzureOpenAI": "https://r.openai.azure.com", "GoogleVertexAI": "https://europe-west1-aiplatform.googleapis.com"}


def row(name: str, vendor: Vendor) -> str:
    pictures = vendor.drawing.value if vendor.drawing else "no"
    spoken = f"{vendor.speech.value}; JSON {vendor.json.value}"
    return f"| {name} | `{vendor.root}` | {vendor.proof.value} | {spoken} | {pictures} |"


@pytest.mark.parametrize("name", VENDORS)
def test_the_guide_says_of_each_provider_what_the_table_says(name: str) -> None:
    assert row(name, VENDORS[name]) in GUIDE.read_text().splitlines()


@pytest.mark.parametrize("name", PRICES)
def test_the_prices_of_a_provider_are_found_by_its_address(name: str) -> None:
    vendor = VENDORS[name]
    known = {"region": "us-east-1", "account_id": "a", "project": "p", "location": "l"}
    address = AT.get(name) or (vendor.root.removesuffix(vendor.trims) + vendor.speaks_at).format(**known)
    assert data_snapshot.get_snapshot().find_provider(None, None, address).id == PRICES[name]
