"""Properties and outputs of types: how they are written, read, judged in words, and shown in forms."""
