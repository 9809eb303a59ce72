"""Loaded once by the process that makes the others (multiprocessing's fork server), so that each begins at once.

Imported there and nowhere else.
"""

import signal

import django

from builder.tasks.catalogue import catalogue

# A worker that is asked to stop is asked with its whole group; its tasks end by the worker's word, or with it.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
django.setup()
catalogue()
