"""Dynos as containers of one Docker engine."""
