"""People who may log in. All are equal for now."""

import secrets
import string

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from builder.errors import Conflict, InvalidInput

ALPHABET = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))
"""Without the characters that people mix up when they type what they read."""


def new_password() -> str:
    """Sixteen characters in groups of four: 93 bits."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def create_first() -> str | None:
    """Makes the account `admin` when there is nobody yet, and returns its password; else None."""
    people = get_user_model()
    if people.objects.exists():
        return None
    password = new_password()
    people.objects.create_user("admin", password=password)
    return password


def create(name: str, password: str | None = None) -> tuple[User, str]:
    """Makes an account; without a password one is made up. Returns both. Raises Conflict or InvalidInput."""
    people = get_user_model()
    if not name.strip():
        raise InvalidInput("A person needs a name to log in with.")
    if people.objects.filter(username=name).exists():
        raise Conflict(f"There is somebody named {name!r} already.")
    chosen = password or new_password()
    try:
        validate_password(chosen)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from error
    return people.objects.create_user(name, password=chosen), chosen
