"""The control plane: builds the services, joins them, and shuts them down in order."""
