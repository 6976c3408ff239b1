"""Logplex: merges the streams of an app's dynos and hands them to readers."""
