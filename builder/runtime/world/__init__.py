"""What a running task reaches through its context: keys, files, the page that watches."""
