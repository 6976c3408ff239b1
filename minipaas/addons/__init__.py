"""Add-ons as real servers: PostgreSQL and Redis, started for an app, outside its dynos."""
