"""What is measured and what it is measured against, each installed as a user does, in a folder of its own."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
PEERS = Path(__file__).parent / ".peers"
_SYSTEM_PYTHON = "/usr/bin/python3"


def folder() -> Path:
    """Where everything that the bench installs or makes for later runs is kept; git does not see it."""
    PEERS.mkdir(exist_ok=True)
    (PEERS / ".gitignore").write_text("*\n")
    return PEERS


def system_python() -> str:
    """The interpreter both sides run on: of the system where there is one, for a start by a shim costs 100 ms."""
    return _SYSTEM_PYTHON if Path(_SYSTEM_PYTHON).exists() else sys.executable


def minipaas(checkout: Path = CHECKOUT) -> Path:
    """The command `minipaas`, installed from this checkout as a wheel: an editable one imports more slowly."""
    venv = folder() / f"minipaas-{hashlib.sha256(str(checkout).encode()).hexdigest()[:8]}"
    stamp, now = venv / "stamp", _digest(checkout)
    if not (stamp.exists() and stamp.read_text() == now):
        if not (venv / "bin" / "pip").exists():
            subprocess.run([system_python(), "-m", "venv", venv], check=True)
        pip = [venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, checkout], check=True)
        subprocess.run([*pip, "--force-reinstall", "--no-deps", checkout], check=True)
        stamp.write_text(now)
    return venv / "bin" / "minipaas"


def honcho() -> Path:
    """The command `honcho`, version 2.0.0, in a venv that has Flask too."""
    venv = folder() / "honcho"
    if not (venv / "bin" / "flask").exists():
        subprocess.run([system_python(), "-m", "venv", venv], check=True)
        pip = [venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "honcho==2.0.0", "flask"], check=True)
    return venv / "bin" / "honcho"


def debian(package: str, command: str) -> bool:
    """Install a Debian package unless its command is there; whether it is there now."""
    if _found(command):
        return True
    if shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], check=False)
    return _found(command)


def _found(command: str) -> bool:
    return shutil.which(command, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin") is not None


def _digest(checkout: Path) -> str:
    whole = hashlib.sha256()
    for path in _sources(checkout):
        whole.update(f"{path.relative_to(checkout)}\0".encode() + path.read_bytes())
    return whole.hexdigest()


def _sources(checkout: Path) -> Iterator[Path]:
    yield checkout / "pyproject.toml"
    for part in ("minipaas", "buildpacks"):
        yield from sorted(
            path for path in (checkout / part).rglob("*") if path.is_file() and "__pycache__" not in path.parts
        )
