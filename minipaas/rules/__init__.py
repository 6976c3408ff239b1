"""The rules an app can break, as a table."""
