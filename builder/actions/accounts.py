"""What is done with people's accounts and their API tokens."""

import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from builder.clock import SystemClock
from builder.errors import InvalidInput, NotFound
from builder.store.accounts import tokens, users
from builder.store.accounts.tokens import Token

_CLOCK = SystemClock()
_PASSWORD_BYTES = 12


def create_user(username: str, password: str | None = None, *, admin: bool = False) -> tuple[User, str]:
    """A new account and its password, made at random when none is given; an `admin` sees the System page too.

    Raises InvalidInput, Conflict.
    """
    name = username.strip()
    if not name or len(name) > 150:
        raise InvalidInput("An account needs a name of 1 to 150 characters.")
    chosen = password if password is not None else secrets.token_urlsafe(_PASSWORD_BYTES)
    _check_password(chosen)
    return users.create(name, chosen, admin=admin), chosen


def create_first_user(username: str = "admin") -> str | None:
    """The password of the first account, made now; None when there is an account already."""
    return None if users.exist() else create_user(username, admin=True)[1]


def set_password(username: str, password: str) -> None:
    """Raises NotFound, InvalidInput."""
    _check_password(password)
    users.set_password(username, password)


def create_token(username: str, name: str, *, lives_for: timedelta | None = None) -> tuple[Token, str]:
    """A token and its text, shown this once. Raises NotFound, InvalidInput, Conflict."""
    user = users.find(username)
    if user is None:
        raise NotFound(f"There is no account named {username}.")
    if not name.strip() or len(name) > 100:
        raise InvalidInput("A token needs a name of 1 to 100 characters.")
    now = _CLOCK.now()
    return tokens.create(user, name.strip(), now, now + lives_for if lives_for else None)


def delete_token(token_id: int, username: str) -> None:
    """Raises NotFound."""
    user = users.find(username)
    if user is None or not tokens.delete(token_id, user):
        raise NotFound("There is no such token.")


def _check_password(password: str) -> None:
    try:
        validate_password(password)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from error
