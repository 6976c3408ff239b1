"""The same suite once more as an ordinary user, when root runs the tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USER = 54321
CHOSEN = "(sandbox or process) and not hundred and not discarded"


@pytest.mark.root
@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="is an ordinary user already")
def test_everything_holds_for_an_ordinary_user() -> None:
    home = Path("/var/tmp") / f"minipaas-user-{os.getpid()}"
    home.mkdir(mode=0o700)
    os.chown(home, USER, USER)
    files = [str(Path(__file__).parent / f"test_{name}.py") for name in ("contract", "isolation", "death", "choose")]
    words = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--basetemp={home}/t",
        "-k",
        CHOSEN,
        *files,
    )
    try:
        done = subprocess.run(
            words,
            cwd=ROOT,
            user=USER,
            group=USER,
            extra_groups=[],
            env={"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )
    finally:
        subprocess.run(("rm", "-rf", str(home)), check=True)
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
    print(done.stdout[-300:])
