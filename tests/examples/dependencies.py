"""What the examples depend on, installed once per lock file under `.cache/examples`."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CACHE = Path(__file__).parents[2] / ".cache" / "examples"


def with_dependencies(folder: Path) -> None:
    """Make a copy of a Node example ready to run; a Python one needs only its PATH."""
    if (folder / "package.json").exists() and "node_modules/" in (folder / "package-lock.json").read_text():
        (folder / "node_modules").symlink_to(_once(folder / "package-lock.json", _npm_ci) / "node_modules")


def path_with(folder: Path) -> str:
    """The PATH on which the example finds its python, gunicorn and node."""
    if (folder / "package.json").exists():
        return f"{_node()}:/usr/bin:/bin"
    packages = [line for line in (folder / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    if not packages:
        return f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return f"{_once(folder / 'requirements.txt', _pip_install) / 'bin'}:/usr/bin:/bin"


def _once(lock: Path, install: Callable[[Path, Path], None]) -> Path:
    made = CACHE / hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    if not (made / "complete").exists():
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        install(lock, made)
        (made / "complete").touch()
    return made


def _pip_install(requirements: Path, into: Path) -> None:
    _run([sys.executable, "-m", "venv", str(into)])
    pip = [str(into / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    _run([*pip, "-r", str(requirements)])


def _npm_ci(lock: Path, into: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(lock.with_name(name), into)
    _run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=into, env={**os.environ, "CI": "1"})


def _run(command: list[str], **options: object) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr + done.stdout


def _node() -> Path:
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    return Path(node).parent
