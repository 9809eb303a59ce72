"""Tasks that ask OpenAI, or a server that speaks its protocol. `client` is the only module that imports openai."""


def warm() -> None:
    """Loads what the first call needs; a worker may call it in a background thread before there is work."""
    from tasks_openai import client

    client.warm()
