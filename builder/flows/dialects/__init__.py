"""The dialects of the language, read side by side: which one a text speaks, and what differs where one text means two
things."""
