"""Typed readers of the environment: a wrong value refuses to start, in one sentence that names the allowed ones."""

import ipaddress
import json
import os
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


def read(name: str, default: T, parse: Callable[[str], T], allowed: str) -> T:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        return parse(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {text!r}; allowed: {allowed}.") from error


def _truth(text: str) -> bool:
    values = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in values:
        raise ValueError(text)
    return values[text.lower()]


def flag(name: str, default: bool) -> bool:
    return read(name, default, _truth, "true or false")


def number(name: str, default: int, most: int | None = None) -> int:
    def parse(text: str) -> int:
        value = int(text)
        if value < 1 or (most is not None and value > most):
            raise ValueError(text)
        return value

    return read(name, default, parse, f"a whole number from 1{f' to {most}' if most else ''}")


def seconds(name: str, default: float, least: float = 0.05) -> float:
    def parse(text: str) -> float:
        value = float(text)
        if value < least:
            raise ValueError(text)
        return value

    return read(name, default, parse, f"seconds, from {least}")


def names(name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    return read(name, default, lambda text: tuple(part.strip() for part in text.split(",") if part.strip()), "a,b,c")


def networks(name: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return read(
        name,
        (),
        lambda text: tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",")),
        "networks such as 10.0.0.0/8,192.168.1.7",
    )


def json_map(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(text)
    return value


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    def parse(text: str) -> str:
        if text.upper() not in allowed:
            raise ValueError(text)
        return text.upper()

    return read(name, default, parse, ", ".join(allowed))
