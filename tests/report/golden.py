"""Golden files: what a writer wrote when a person last looked. `MINIPAAS_RENEW=1 pytest tests/report` renews them."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_golden(name: str, text: str) -> None:
    """`text` is exactly what the file holds, but for the newline at its end."""
    path = FOLDER / name
    if os.environ.get("MINIPAAS_RENEW"):
        path.write_text(f"{text}\n", "utf-8")
    assert path.exists(), f"{name} was never looked at: renew it with MINIPAAS_RENEW=1, and read it"
    assert path.read_text("utf-8") == f"{text}\n"
