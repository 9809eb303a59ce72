"""Tasks that ask OpenAI, or a server that speaks its protocol. `client` is the only module that imports openai."""
