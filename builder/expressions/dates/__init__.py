"""Date-times as Java's DateTimeFormatter reads and prints them."""
