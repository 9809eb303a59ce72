"""The pages of what a namespace keeps: files, the KV store, secrets."""
