"""The control API: the Platform API's paths and shapes, its server and its client."""
