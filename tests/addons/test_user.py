"""The same once more as an ordinary user, and as root without namespaces, when root runs the tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from minipaas.addons.cover import NOBODY, as_nobody
from minipaas.model.app import AddonWish
from minipaas.runtime import proc
from tests.addons.conftest import Make
from tests.addons.test_servers import sql, up

ROOT = Path(__file__).parents[2]
CHOSEN = "snapshot or acknowledged or kill_9_leaves_no_server"
pytestmark = [
    pytest.mark.root,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="is an ordinary user already"),
]


def test_everything_holds_for_an_ordinary_user() -> None:
    home = Path("/var/tmp") / f"minipaas-addons-user-{os.getpid()}"
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY, NOBODY)
    files = [str(Path(__file__).parent / f"test_{name}.py") for name in ("servers", "death", "bucket")]
    words = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={home}/t", "-k", CHOSEN)
    try:
        done = subprocess.run(
            (*words, *files),
            cwd=ROOT,
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            env={"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )
    finally:
        shutil.rmtree(home)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


async def test_root_without_namespaces_runs_servers_as_nobody(make: Make, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    addons = make("home", cover=as_nobody(), templates=tmp_path / "templates")
    config = await up(addons, "notes", AddonWish("postgres"), AddonWish("redis"))
    for name in ("DATABASE", "REDIS"):
        pid = addons.server("notes", name).pid or 0
        assert {Path(f"/proc/{each}").stat().st_uid for each in (pid, *proc.tree(pid))} == {NOBODY}
    sql(config["DATABASE_URL"], "CREATE TABLE t ()")
    addons.fail("notes", "DATABASE")
    await addons.recover("notes", "DATABASE")
    assert sql(config["DATABASE_URL"], "SELECT count(*) FROM t") == (0,)
    await addons.close()
    found = make("home")
    assert await up(found, "notes") == config
    assert sql(config["DATABASE_URL"], "SELECT count(*) FROM t") == (0,)
