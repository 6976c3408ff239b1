"""Source to slug through buildpacks: detect, compile, release."""
