"""The `minipaas` command: words in, words out, no decisions."""
