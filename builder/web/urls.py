"""The pages' addresses."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from builder.web import account, health

urlpatterns = [
    path("login", account.LoginView.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("account/password", account.PasswordChangeView.as_view(), name="password"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("", include("builder.web.editor_urls")),
]
