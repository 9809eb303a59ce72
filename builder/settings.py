"""All settings, read from the environment by typed readers; a wrong value refuses to start and names the allowed ones.

Read them through `django.conf.settings`. The table for people is in builder/docs/configuration.md.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from builder.environment import choice, flag, json_map, names, networks, number, read, seconds
from builder.flows.dialects.compat import NEWEST, read_compat

BASE_DIR = Path(__file__).resolve().parent.parent

DATA = Path(os.environ.get("MILLSTREAM_DATA") or BASE_DIR / "data").expanduser().resolve()


def _secret_key() -> str:
    """From the environment, else one made once and kept beside the data, readable by its owner alone."""
    given = os.environ.get("MILLSTREAM_SECRET_KEY", "")
    if given:
        if len(given) < 32:
            raise ImproperlyConfigured("MILLSTREAM_SECRET_KEY is too short; allowed: 32 characters or more.")
        return given
    path = DATA / "secret_key"
    try:
        DATA.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _make_secret_key(path)
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"Cannot write {path} ({error.strerror}); set MILLSTREAM_DATA to a folder you may write to."
        ) from error


def _make_secret_key(path: Path) -> None:
    """Whole at once: of processes that start together one makes it, and none reads half of it."""
    descriptor, made = tempfile.mkstemp(prefix="secret_key-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            os.replace(made, path)
    finally:
        Path(made).unlink(missing_ok=True)


DEBUG = flag("MILLSTREAM_DEBUG", False)
SECRET_KEY = _secret_key()
ALLOWED_HOSTS = list(names("MILLSTREAM_HOSTS", ("localhost", "127.0.0.1", "[::1]")))
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("MILLSTREAM_HOSTS may not be *; name the hosts people type, e.g. flows.example.com.")
HTTPS = flag("MILLSTREAM_HTTPS", False)
CSRF_TRUSTED_ORIGINS = [f"{'https' if HTTPS else 'http'}://{host}" for host in ALLOWED_HOSTS]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "builder.access.errors.csrf_failure"
SESSION_COOKIE_NAME = "millstream_session"
CSRF_COOKIE_NAME = "millstream_csrf"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_ace",
    "django_rq",
    "template_partials",
    "builder",
]
MIDDLEWARE = [
    "builder.access.counting.CountingMiddleware",
    "builder.access.headers.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "builder.access.limits.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "builder.access.hosts.HostMiddleware",
    "builder.access.login.TokenMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "builder.access.login.LoginRequiredMiddleware",
    "builder.access.limits.NulMiddleware",
    "builder.access.errors.ErrorMiddleware",
]
ROOT_URLCONF = "builder.urls"
ASGI_APPLICATION = "builder.asgi.application"
AUTH_USER_MODEL = "auth.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["template_partials.templatetags.partials", "builder.web.parts.tags"],
        },
    },
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
SERVESTATIC_USE_FINDERS = True
MEDIA_ROOT = DATA / "files"
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous="
    + choice("MILLSTREAM_SQLITE_SYNCHRONOUS", "FULL", ("FULL", "NORMAL"))
    + "; PRAGMA foreign_keys=ON; PRAGMA cache_size=-16000;",
}


POSTGRESQL: dict[str, Any] = {"options": "-c idle_in_transaction_session_timeout=30s -c lock_timeout=30s"}
"""A process that freezes inside a transaction keeps rows from others for no longer than this."""


def _database() -> dict[str, Any]:
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA / "millstream.sqlite3",
            "OPTIONS": SQLITE,
            "CONN_MAX_AGE": None,
        }
    try:
        database: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    except (ValueError, dj_database_url.UnknownSchemeError, dj_database_url.ParseError):
        database = {}
    if not str(database.get("ENGINE", "")).endswith(("sqlite3", "postgresql")):
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be used; allowed: postgresql://user:password@host:5432/name or sqlite:////path/file."
        )
    if str(database["ENGINE"]).endswith("sqlite3"):
        database["OPTIONS"] = SQLITE
        database["CONN_MAX_AGE"] = None
    else:
        database["ENGINE"] = "builder.store.postgresql"
        database["OPTIONS"] = {**POSTGRESQL, **database.get("OPTIONS", {})}
    return database


DATABASES: dict[str, dict[str, Any]] = {"default": _database()}
if str(DATABASES["default"]["ENGINE"]).endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(DATA / f"test-{os.getpid()}.sqlite3")}


def _socket_path() -> Path:
    """The embedded Valkey's socket; system calls limit its length, so a deep data folder gets a short stand-in."""
    path = DATA / "valkey" / "valkey.sock"
    if len(str(path)) < 100:
        return path
    name = hashlib.sha256(str(DATA).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"millstream-{os.getuid()}-{name}" / "valkey.sock"


VALKEY_SOCKET = _socket_path()
VALKEY_PASSWORD = hmac.new(SECRET_KEY.encode(), b"the embedded Valkey", "sha256").hexdigest()
"""Made of the secret key, so that parts which are started apart know the same one."""
REDIS_URL = os.environ.get("REDIS_URL", "") or f"unix://:{VALKEY_PASSWORD}@{VALKEY_SOCKET}"
RQ_QUEUES = {"default": {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 3600, "SERIALIZER": "rq.serializers.JSONSerializer"}}
RQ_SHOW_ADMIN_LINK = False

MILLSTREAM: dict[str, Any] = {
    # Where task types come from.
    "TASK_PACKAGES": (
        "builder.tasks.core",
        "builder.tasks.http",
        "builder.tasks.mail",
        "tasks_openai",
        *names("MILLSTREAM_TASK_PACKAGES", ()),
    ),
    "LOCAL_FILES": names("MILLSTREAM_LOCAL_FILES", ()),
    "ALLOW_NETWORKS": networks("MILLSTREAM_ALLOW_NETWORKS"),
    "ENCRYPTION_KEY": os.environ.get("MILLSTREAM_ENCRYPTION_KEY", "") or SECRET_KEY,
    # Runner.
    "WORK_FOLDER": Path(os.environ.get("MILLSTREAM_WORK_FOLDER") or DATA / "work").expanduser().resolve(),
    "PLACES": number("MILLSTREAM_PLACES", 200),
    "LEASE_SECONDS": seconds("MILLSTREAM_LEASE_SECONDS", 10),
    "SWEEP_SECONDS": seconds("MILLSTREAM_SWEEP_SECONDS", 2),
    "GRACE_SECONDS": seconds("MILLSTREAM_GRACE_SECONDS", 1.5),
    "STUCK_SECONDS": seconds("MILLSTREAM_STUCK_SECONDS", 60, least=1),
    "SCHEDULE_GRACE_SECONDS": seconds("MILLSTREAM_SCHEDULE_GRACE_SECONDS", 60),
    "TRIGGER_FAILURES": number("MILLSTREAM_TRIGGER_FAILURES", 3),
    "TASK_MEMORY_BYTES": number("MILLSTREAM_TASK_MEMORY_BYTES", 2_000_000_000),
    "TASK_TIMEOUT_SECONDS": seconds("MILLSTREAM_TASK_TIMEOUT_SECONDS", 3600),
    # Whose meaning holds where releases of the language differ, unless a flow's label `compat` says it.
    "COMPAT": read("MILLSTREAM_COMPAT", NEWEST, read_compat, "newest, or a release such as 0.21, 1.3 or 2.0"),
    # Who may read /metrics from elsewhere than this machine.
    "METRICS_TOKEN": os.environ.get("MILLSTREAM_METRICS_TOKEN", ""),
    # How long the calls of a webhook are kept, with what they brought.
    "CALL_DAYS": number("MILLSTREAM_CALL_DAYS", 30, 36_500),
    # How long it is known of each date of a schedule what came of it, where its execution is kept no more.
    "SLOT_DAYS": number("MILLSTREAM_SLOT_DAYS", 90, 36_500),
    # Limits.
    "BODY_BYTES": number("MILLSTREAM_BODY_BYTES", 50_000_000),
    "FLOW_BYTES": number("MILLSTREAM_FLOW_BYTES", 1_000_000),
    "FLOW_DEPTH": number("MILLSTREAM_FLOW_DEPTH", 200, most=250),
    "FLOW_VALUES": number("MILLSTREAM_FLOW_VALUES", 100_000),
    "FLOW_DIGITS": number("MILLSTREAM_FLOW_DIGITS", 300),
    "OUTPUT_BYTES": number("MILLSTREAM_OUTPUT_BYTES", 10_000_000),
    "INLINE_OUTPUT_BYTES": number("MILLSTREAM_INLINE_OUTPUT_BYTES", 65_536),
    "FILE_BYTES": number("MILLSTREAM_FILE_BYTES", 2_000_000_000),
    "NAMESPACE_FILE_BYTES": number("MILLSTREAM_NAMESPACE_FILE_BYTES", 100_000_000),
    "NAMESPACE_FILES": number("MILLSTREAM_NAMESPACE_FILES", 10_000),
    "LOG_LINES": number("MILLSTREAM_LOG_LINES", 10_000),
    "LOG_FILE_BYTES": number("MILLSTREAM_LOG_FILE_BYTES", 100_000_000),
    "LOG_LINE_BYTES": number("MILLSTREAM_LOG_LINE_BYTES", 65_536),
    "EXPRESSION_SECONDS": seconds("MILLSTREAM_EXPRESSION_SECONDS", 1),
    # What {{ kestra.url }} and {{ kestra.environment }} read.
    "URL": os.environ.get("MILLSTREAM_URL", "").rstrip("/"),
    "ENVIRONMENT": os.environ.get("MILLSTREAM_ENVIRONMENT", ""),
    # What {{ globals.x }} and {{ envs.x }} read.
    "ENV_PREFIXES": names("MILLSTREAM_ENV_PREFIXES", ("ENV_", "KESTRA_")),
    "GLOBALS": read("MILLSTREAM_GLOBALS", dict[str, Any](), json_map, 'a JSON object such as {"region": "eu"}'),
    "DEMO_MODEL_URL": os.environ.get("MILLSTREAM_DEMO_MODEL_URL", ""),
    "DEMO_MODEL_STATE": os.environ.get("MILLSTREAM_DEMO_MODEL_STATE", ""),
}
DATA_UPLOAD_MAX_MEMORY_SIZE = MILLSTREAM["BODY_BYTES"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000


def _never_logged() -> list[str]:
    """What this installation itself keeps secret; the secrets of executions are hidden by their own maskers."""
    passwords = (urlsplit(os.environ.get(name, "")).password for name in ("DATABASE_URL", "REDIS_URL"))
    given = (value for name, value in os.environ.items() if name.startswith("SECRET_"))
    ours = (SECRET_KEY, VALKEY_PASSWORD, MILLSTREAM["ENCRYPTION_KEY"], MILLSTREAM["METRICS_TOKEN"])
    return [text for text in (*ours, os.environ.get("OPENAI_API_KEY"), *passwords, *given) if text]


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "builder.logs.Lines",
            "form": choice("MILLSTREAM_LOG_FORMAT", "TEXT", ("TEXT", "JSON")),
            "hidden": _never_logged(),
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"millstream.execution": {"level": "DEBUG" if flag("MILLSTREAM_LOG_EXECUTIONS", False) else "CRITICAL"}},
    "root": {
        "handlers": ["console"],
        "level": choice("MILLSTREAM_LOG_LEVEL", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR")),
    },
}
