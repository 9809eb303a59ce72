"""People who may log in."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from builder.errors import Conflict, NotFound
from builder.store.gate import write


def create(username: str, password: str, *, admin: bool = False) -> User:
    """`admin`: of those who run the installation. Raises Conflict when the name is taken."""
    user = User(username=User.normalize_username(username), password=make_password(password), is_staff=admin)
    with write():
        if User.objects.filter(username__iexact=username).exists():
            raise Conflict(f"There already is an account named {username}.")
        user.save()
    return user


def set_password(username: str, password: str) -> None:
    """Raises NotFound."""
    user = find(username)
    if user is None:
        raise NotFound(f"There is no account named {username}.")
    user.set_password(password)
    with write():
        user.save(update_fields=["password"])


def find(username: str) -> User | None:
    return User.objects.filter(username=username).first()


def exist() -> bool:
    return User.objects.exists()


def listed() -> list[User]:
    return list(User.objects.order_by("username"))
