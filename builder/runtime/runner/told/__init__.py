"""What a driven execution is told: signals, times, and what was under way before."""
