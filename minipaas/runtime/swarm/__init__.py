"""Dynos as tasks of a Docker swarm, on as many machines as it has."""
