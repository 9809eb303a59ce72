"""Logging in and out, and the own password."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView as DjangoLoginView
from django.contrib.auth.views import PasswordChangeView as DjangoPasswordChangeView
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpResponse
from django.urls import reverse_lazy

from builder.access.login import TRIES_SECONDS, count_failure, may_try


class LoginView(DjangoLoginView):
    """The login page; after ten wrong passwords for a name, or a hundred from an address, it waits."""

    template_name = "account/login.html"
    redirect_authenticated_user = True

    def post(self, *arguments: Any, **keywords: Any) -> HttpResponse:
        if may_try(self.request, self.request.POST.get("username", "")):
            return super().post(*arguments, **keywords)
        form = self.get_form()
        form.errors.clear()
        form.add_error(None, f"Too many wrong passwords. Wait {TRIES_SECONDS // 60} minutes and try again.")
        return self.render_to_response(self.get_context_data(form=form), status=429)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        count_failure(self.request, self.request.POST.get("username", ""))
        return super().form_invalid(form)


class PasswordChangeView(SuccessMessageMixin, DjangoPasswordChangeView):  # type: ignore[type-arg]
    """The page that changes one's own password."""

    template_name = "account/password.html"
    success_url = reverse_lazy("password")
    success_message = "Your password is changed."
