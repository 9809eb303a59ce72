"""Django's PostgreSQL backend, with patience that ends: a web process does not wait for a server that is frozen."""
