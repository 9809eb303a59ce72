"""What a runner keeps: saves in the database, outputs in files, plans in memory."""
