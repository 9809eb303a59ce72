"""What concerns an execution as a whole: its SLAs, its listeners, what is asked of it, and its stop. Pure."""
