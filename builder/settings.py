"""All settings, read from the environment; read them through django.conf."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MILLSTREAM_DATA") or BASE_DIR / "data")
SECRET_KEY = "skeleton"  # noqa: S105
INSTALLED_APPS = ["builder"]
USE_TZ = True
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA / "millstream.sqlite3"}}
