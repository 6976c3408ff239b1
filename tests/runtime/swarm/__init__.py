"""Tests of the swarm runtime."""
