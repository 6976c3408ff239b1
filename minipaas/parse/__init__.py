"""Text of the user's files in, model out; every error knows its file and line."""
