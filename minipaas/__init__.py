"""A local dyno simulator and mini-PaaS: runs an app as Heroku would, and judges it by the platform's rules."""

__version__ = "0.1.0"
