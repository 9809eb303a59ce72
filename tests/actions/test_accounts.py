"""Accounts and tokens as the command line and the pages make them."""

import pytest

from builder.actions import accounts
from builder.errors import InvalidInput, NotFound
from builder.store.accounts import tokens, users

pytestmark = pytest.mark.django_db


def test_the_first_account_is_made_once_with_a_password_of_its_own():
    password = accounts.create_first_user()
    admin = users.find("admin")
    assert password and admin and admin.check_password(password)
    assert accounts.create_first_user() is None


def test_a_weak_password_is_refused_with_the_reason():
    with pytest.raises(InvalidInput, match="too short"):
        accounts.create_user("ada", "abc")


def test_a_token_is_made_for_somebody_and_taken_back():
    accounts.create_user("ada")
    token, text = accounts.create_token("ada", "laptop")
    assert tokens.owner(text) == users.find("ada")
    with pytest.raises(NotFound):
        accounts.delete_token(token.id, "bob")
    accounts.delete_token(token.id, "ada")
    assert tokens.owner(text) is None
    with pytest.raises(NotFound):
        accounts.create_token("bob", "laptop")
