"""A runner that drives what triggers start."""

from tests.runtime.conftest import runner

__all__ = ["runner"]
