"""Docker engines for tests."""
