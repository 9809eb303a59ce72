"""The database as a file, taken while it is used and put back where there is none yet."""
