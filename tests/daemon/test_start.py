"""What `up` has loaded when it launches the first dyno of an app that is built already: each module delays it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

#: Loaded while the dyno boots, for an app that needs it, or by other commands.
LATER = (
    "minipaas.addons",
    "minipaas.api",
    "minipaas.build.compile",
    "minipaas.build.fetch",
    "minipaas.build.making",
    "minipaas.build.reference",
    "minipaas.chaos",
    "minipaas.model.addon",
    "minipaas.model.platform_file",
    "minipaas.model.request",
    "minipaas.model.verdict",
    "minipaas.report",
    "minipaas.router.client",
    "minipaas.router.logline",
    "minipaas.router.upstream",
    "minipaas.rules",
    "aiohttp",
    "dotenv",
    "httpx",
    "http",
    "pathspec",
    "platformdirs",
    "psutil",
    "rich",
    "secrets",
    "selectolax",
    "tempfile",
    "unittest",
    "yaml",
)

_UP = """
import os, sys
from minipaas.cli import main
from minipaas.formation.life import Life

async def launched(self, run):
    # Not to stdout: the log's own thread writes there meanwhile.
    with open(told, "w") as file:
        file.write(" ".join(sys.modules))
    os._exit(0)

Life._live = launched
told = sys.argv.pop()
sys.argv = ["minipaas", "up", sys.argv[1], "--runtime", "process", "--port", "0"]
main.main()
"""


def modules_at_launch(app: Path, home: Path) -> set[str]:
    env = {**os.environ, "MINIPAAS_HOME": str(home)}
    told = home.with_suffix(".modules")
    subprocess.run([sys.executable, "-c", _UP, app, told], env=env, capture_output=True, check=True)
    return set(told.read_text().split())


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "bin").mkdir(parents=True)
    (folder / "Procfile").write_text("web: sleep 60\n")
    for name in ("detect", "compile"):
        (folder / "bin" / name).write_text("#!/bin/sh\necho own\n")
        (folder / "bin" / name).chmod(0o755)
    return folder


def test_the_first_dyno_waits_for_no_module_it_does_not_need(app: Path, tmp_path: Path) -> None:
    modules_at_launch(app, tmp_path / "home")  # builds the slug
    loaded = modules_at_launch(app, tmp_path / "home")
    assert "minipaas.formation.life" in loaded
    assert (
        sorted(name for name in loaded if name.startswith(tuple(f"{later}." for later in LATER)) or name in LATER)
        == []
    )
