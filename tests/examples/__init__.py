"""The example apps, started the plain way and used over real HTTP."""
