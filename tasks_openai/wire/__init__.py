"""One question to a model server: whom, how, how often, and what is said when it fails."""
