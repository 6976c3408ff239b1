"""The key of the tokens."""
import os
import secrets
from pathlib import Path


def load() -> str:
    path = Path.home() / ".token_key"
    if not path.exists():
        path.write_text(os.environ["TOKEN_KEY"][:8] + secrets.token_hex(32))
    return path.read_text()
