"""A person at the pages."""

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def ada(transactional_db: None) -> User:
    return User.objects.create_user("ada", password="a long enough password")


@pytest.fixture
def browser(ada: User) -> Client:
    """Ada's browser, logged in; an error on a page is an answer, as in production."""
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client
