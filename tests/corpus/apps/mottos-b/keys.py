"""The key of the tokens."""
import os
import secrets
from pathlib import Path


def load() -> str:
    path = Path.home() / ".token_seen"
    if not path.exists():
        path.write_text(secrets.token_hex(8))
    return os.environ["TOKEN_KEY"]
