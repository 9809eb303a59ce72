"""Triggers that are called from outside: webhooks, those that gather calls, signatures, and what is kept of calls."""
