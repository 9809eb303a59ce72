"""`manage.py user create NAME`: one more person who may log in."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from builder.actions import accounts
from builder.errors import BuilderError


class Command(BaseCommand):
    help = "Makes an account; its password is printed once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make an account")
        create.add_argument("name")
        create.add_argument("--password", help="chosen by you; else one is made up")
        create.add_argument("--admin", action="store_true", help="sees the System page too")

    def handle(self, **options: Any) -> None:
        try:
            user, password = accounts.create_user(options["name"], options["password"], admin=options["admin"])
        except BuilderError as error:
            raise CommandError(error.message) from error
        made_up = "" if options["password"] else f"  password: {password}  (shown only now)"
        self.stdout.write(f"Made the account {user.get_username()}.{made_up}")
