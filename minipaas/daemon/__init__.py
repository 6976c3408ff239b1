"""The platform as a process: from what the user asked for to its last dyno's end."""
