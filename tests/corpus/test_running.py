"""One pair of each framework starts plainly, as its Procfile says, and answers at `/`."""

import asyncio
import hashlib
import os
import random
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from minipaas.addons.provider import Addons
from minipaas.clock import SystemClock
from minipaas.errors import Missing
from minipaas.model.app import AddonWish
from tests.corpus.labels import Label, read

pytestmark = pytest.mark.slow

CACHE = Path(__file__).parents[2] / ".cache" / "corpus"
#: A clean app of each framework; its twin is built from the same lines.
SAMPLE = {label.framework: label for label in [*read("apps"), *read("heldout")] if label.clean}
BOOT_S = 20


class Unavailable(Exception):
    """What the app needs cannot be had on this machine."""


async def run(*command: str, cwd: Path, env: dict[str, str] | None = None) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise Unavailable(f"{command[0]} in {cwd.name}: {said.decode(errors='replace')[-300:]}")


async def installed(label: Label) -> Path:
    """The folder with the dependencies of an app, built at the first need and kept."""
    digest = hashlib.sha256(label.dependencies).hexdigest()[:12]
    folder = CACHE / f"{label.framework}-{digest}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        await (install_node(label, folder) if is_node(label) else install_python(label, folder))
        (folder / "complete").touch()
    return folder


def is_node(label: Label) -> bool:
    return (label.folder / "package.json").exists()


async def install_python(label: Label, folder: Path) -> None:
    await run(sys.executable, "-m", "venv", str(folder / "venv"), cwd=folder)
    listed = str(label.folder / "requirements.txt")
    await run("venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", listed, cwd=folder)


async def install_node(label: Label, folder: Path) -> None:
    if shutil.which("npm") is None:
        raise Unavailable("npm is not on this machine")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(label.folder / name, folder)
    await run("npm", "ci", "--no-audit", "--no-fund", "--silent", cwd=folder)


def copied(label: Label, dependencies: Path, target: Path) -> Path:
    """A copy of the app to run in, for some write beside their code."""
    shutil.copytree(label.folder, target)
    if is_node(label):
        (target / "node_modules").symlink_to(dependencies / "node_modules")
    return target


def environment(label: Label, dependencies: Path, addons: dict[str, str], home: Path) -> dict[str, str]:
    path = [
        str(dependencies / "venv/bin"),
        str(Path(shutil.which("node") or "/usr/bin/node").parent),
        "/usr/bin",
        "/bin",
    ]
    secrets = dict.fromkeys(label.app_json.get("env", {}), "s" * 40)
    return {"PATH": ":".join(path), "HOME": str(home), "PYTHONUNBUFFERED": "1", **secrets, **addons}


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def status_of(url: str, server: asyncio.subprocess.Process) -> int:
    """Asks until there is an answer."""
    async with asyncio.timeout(BOOT_S), aiohttp.ClientSession() as client:
        while server.returncode is None:
            try:
                async with client.get(url) as response:
                    return response.status
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
    raise AssertionError(f"it ended with status {server.returncode}")


def unheard(_app: str, _process: str) -> Callable[[bytes], None]:
    """What servers say is of no interest here."""
    return lambda _piece: None


@pytest.fixture
async def addons(tmp_path: Path) -> AsyncIterator[Addons]:
    made = Addons(
        tmp_path / "home", SystemClock(), random.Random(), lambda _app, _process: lambda _piece: None, durable=False
    )
    yield made
    await made.close()


async def provisioned(addons: Addons, label: Label) -> dict[str, str]:
    wishes = [AddonWish(plan) for plan in label.app_json.get("addons", ())]
    for wish in wishes:
        try:
            addons.check(wish)
        except Missing as error:
            raise Unavailable(str(error)) from error
    await addons.provision(label.app, wishes)
    await addons.start(label.app)
    return addons.config(label.app)


@pytest.mark.parametrize("framework", sorted(SAMPLE))
async def test_app_answers_at_its_front_page(framework: str, tmp_path: Path, addons: Addons) -> None:
    label = SAMPLE[framework]
    try:
        dependencies, config = await installed(label), await provisioned(addons, label)
    except Unavailable as error:
        pytest.skip(str(error))
    folder = copied(label, dependencies, tmp_path / label.app)
    env = environment(label, dependencies, config, folder)
    if release := label.formation.get("release"):
        await run("bash", "-c", release, cwd=folder, env=env)
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        server = await asyncio.create_subprocess_exec(
            "bash", "-c", label.formation["web"], cwd=folder, env={**env, "PORT": str(port)},
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            status = await status_of(f"http://127.0.0.1:{port}/", server)
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            await server.wait()
    assert status == 200, (tmp_path / "log").read_text()[-800:]


def test_sample_covers_every_framework() -> None:
    assert len(SAMPLE) >= 8
