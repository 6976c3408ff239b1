"""Frozen values that travel between the floors: data only, no I/O."""
