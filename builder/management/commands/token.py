"""`manage.py token create NAME`: an API token, printed once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from builder.actions import accounts
from builder.errors import BuilderError
from builder.store.accounts import tokens


class Command(BaseCommand):
    help = "Makes, lists and deletes API tokens (Authorization: Bearer TOKEN, or the password of Basic)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a token; it is printed once")
        create.add_argument("name")
        create.add_argument("--user", default="admin", help="whose token it is (default admin)")
        verbs.add_parser("list", help="list the tokens")
        delete = verbs.add_parser("delete", help="delete a token")
        delete.add_argument("name")

    def handle(self, **options: Any) -> None:
        try:
            getattr(self, options["verb"])(**options)
        except BuilderError as error:
            raise CommandError(error.message) from error

    def create(self, name: str, user: str, **options: Any) -> None:
        self.stdout.write(accounts.create_token(user, name)[1])

    def list(self, **options: Any) -> None:
        for token in tokens.listed():
            used = f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never"
            self.stdout.write(f"{token.name}  {token.username}  last used {used}")

    def delete(self, name: str, **options: Any) -> None:
        found = [token for token in tokens.listed() if token.name == name]
        if not found:
            raise CommandError(f"There is no token named {name}.")
        for token in found:
            tokens.delete(token.id)
