"""Fixtures of an engine: made once for all tests of a process, or the one a developer has made for them."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.docker.dockerd import Dockerd, needs_engine, pack_stack


@pytest.fixture(scope="session")
def stack_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small stack as a tar."""
    needs_engine()
    return pack_stack(tmp_path_factory.mktemp("stack") / "stack.tar")


@pytest.fixture(scope="session")
def engine_host(request: pytest.FixtureRequest) -> Iterator[str]:
    """DOCKER_HOST of an engine with the stack `local`; MINIPAAS_TEST_DOCKER_HOST names one that runs already."""
    given = os.environ.get("MINIPAAS_TEST_DOCKER_HOST", "")
    if given:
        yield given
        return
    needs_engine()
    # Not in the tests' own folder: a socket's path has 107 letters at most.
    engine = Dockerd(Path(tempfile.mkdtemp(prefix="mp-dockerd-")))
    engine.start()
    try:
        engine.load_stack(request.getfixturevalue("stack_archive"))
        yield engine.host
    finally:
        engine.clear()


@pytest.fixture
def small_engine(stack_archive: Path) -> Iterator[Dockerd]:
    """One that may be stopped, on a disk of 300 MB."""
    needs_engine()
    folder = Path(tempfile.mkdtemp(prefix="mp-dockerd-"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(folder)]).returncode:
        pytest.skip("no file system can be mounted here")
    engine = Dockerd(folder)
    engine.start()
    try:
        engine.load_stack(stack_archive)
        yield engine
    finally:
        engine.clear()
        subprocess.run(["umount", "-l", str(folder)], check=False)
        folder.rmdir()
