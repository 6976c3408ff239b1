"""Real apps through the shipped buildpacks and the real runtimes; pip and npm fetch a few small packages."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from minipaas.clock import SystemClock
from minipaas.errors import BuildFailed, RuntimeMissing
from minipaas.limits import Limits
from minipaas.model.release import Slug
from minipaas.runtime.base import Launch, Runtime
from minipaas.runtime.choose import choose
from minipaas.store.home import Home
from tests.build.conftest import Files, Workshop, lay_out

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

FLASK: Files = {
    "requirements.txt": "flask\ngunicorn\n",
    "Procfile": "web: gunicorn app:app\n",
    "app.py": (
        "import os, sys\nfrom flask import Flask\napp = Flask(__name__)\n"
        "@app.get('/')\ndef root():\n"
        "    return ' '.join((sys.prefix, os.environ['WEB_CONCURRENCY'], os.environ['GREETING']))\n"
    ),
}
EXPRESS: Files = {
    "package.json": (
        '{"name": "x", "version": "1.0.0", "engines": {"node": ">=18"},'
        ' "scripts": {"start": "node server.js", "build": "node build.js"},'
        ' "dependencies": {"ms": "2.1.3"}, "devDependencies": {"is-number": "7.0.0"}}'
    ),
    "build.js": "require('is-number'); require('fs').writeFileSync('built.txt', process.env.TOKEN);\n",
    "server.js": (
        "const ms = require('ms');\n"
        "const answer = (request, response) => response.end(`${ms('1s')} ${process.env.NODE_ENV}`);\n"
        "require('http').createServer(answer).listen(process.env.PORT);\n"
    ),
}
Open = Callable[[str], Awaitable[Workshop]]


@pytest.fixture
async def open_real(tmp_path: Path) -> AsyncIterator[Open]:
    """A builder on the sandbox or process runtime, in a home whose path is hard to quote."""
    home = Home(tmp_path / "ein Zuhause für 'slugs'")
    home.prepare()
    opened: list[Runtime] = []

    async def open_one(kind: str) -> Workshop:
        try:
            runtime, _ = await choose(kind, home)
        except RuntimeMissing as error:
            pytest.skip(error.message)
        opened.append(runtime)
        return Workshop(home, runtime, Limits(), SystemClock())

    yield open_one
    for runtime in opened:
        await runtime.close()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "meine schöne App"


@asynccontextmanager
async def running(workshop: Workshop, slug: Slug, port: int) -> AsyncIterator[str]:
    """A dyno of the slug, up; its URL."""
    said: list[bytes] = []
    env = {"PORT": str(port), "GREETING": "hello", "HOST": "0.0.0.0"}
    process = await workshop.runtime.start(
        Launch(
            id=f"web-{port}",
            host=workshop.host,
            command=slug.process_types["web"],
            env=env,
            slug=slug.root,
            output=said.append,
        )
    )
    ended = asyncio.ensure_future(process.wait())
    try:
        async with asyncio.timeout(20):
            while not any(listener.port == port for listener in process.listeners()):
                assert not ended.done(), b"".join(said).decode()
                await asyncio.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        await asyncio.wait_for(asyncio.shield(ended), 20)
    finally:
        process.kill()
        await ended
        process.discard()


async def get(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200
        return await response.text()


async def test_a_flask_app_is_built_cached_reused_and_runs_anywhere(
    open_real: Open, source: Path, unused_port: Callable[[], int]
) -> None:
    lay_out(source, FLASK)
    workshop = await open_real("sandbox")
    first = await workshop.build(source)
    assert "-----> Python app detected\n" in workshop.said
    assert "-----> Installing dependencies using 'pip install -r requirements.txt'\n" in workshop.said
    assert "       Successfully installed " in workshop.said
    assert first.buildpacks == ("python",)

    async with running(workshop, first.slug, unused_port()) as url:
        assert await get(url) == "/app/.heroku/python 2 hello"
    elsewhere = await open_real("process")
    async with running(elsewhere, first.slug, unused_port()) as url:
        prefix, *rest = (await get(url)).rsplit(" ", 2)
        assert prefix.endswith("/.heroku/python") and rest == ["2", "hello"]

    (source / "app.py").write_text(FLASK["app.py"] + "# changed\n")
    second = await workshop.build(source)
    assert "-----> Using cached install of python 3." in workshop.said
    assert "pip install" not in workshop.said
    assert not second.reused and second.slug.id != first.slug.id
    async with running(workshop, second.slug, unused_port()) as url:
        assert await get(url) == "/app/.heroku/python 2 hello"

    third = await workshop.build(source)
    assert third.reused and third.slug == second.slug
    workshop.slugs.verify(second.slug.id)
    assert workshop.nothing_left()


async def test_pips_own_words_are_shown_when_it_fails(open_real: Open, source: Path) -> None:
    workshop = await open_real("process")
    lay_out(source, {"requirements.txt": "flask==0.0.99\n", "Procfile": "web: x\n"})
    with pytest.raises(BuildFailed, match="the Python buildpack's bin/compile failed"):
        await workshop.build(source)
    assert "       ERROR: No matching distribution found for flask==0.0.99\n" in workshop.said
    assert " !     Error: Unable to install dependencies using pip.\n" in workshop.said
    assert workshop.nothing_left()


async def test_a_python_that_is_not_here_is_told_with_those_that_are(open_real: Open, source: Path) -> None:
    workshop = await open_real("sandbox")
    lay_out(source, {"requirements.txt": "", ".python-version": "3.99\n", "Procfile": "web: x\n"})
    with pytest.raises(BuildFailed):
        await workshop.build(source)
    assert " !     Error: Python 3.99, asked for in .python-version, is not on this machine.\n" in workshop.said
    assert " !     There is:\n !       3." in workshop.said


@pytest.mark.parametrize("kind", ["sandbox", "process"])
async def test_a_node_app_with_a_lock_is_built_then_cached(
    open_real: Open, source: Path, unused_port: Callable[[], int], kind: str
) -> None:
    lay_out(source, EXPRESS)
    await lock(source)
    workshop = await open_real(kind)
    first = await workshop.build(source, config={"TOKEN": "s3cret"})
    assert "       Installing node modules (npm ci)\n" in workshop.said
    assert "-----> Pruning devDependencies\n" in workshop.said
    assert "       Default types for buildpack -> web\n" in workshop.said
    assert (first.slug.root / "built.txt").read_text() == "s3cret", "scripts see config vars"
    assert sorted(path.name for path in (first.slug.root / "node_modules").glob("[!.]*")) == ["ms"]
    async with running(workshop, first.slug, unused_port()) as url:
        assert await get(url) == "1000 production"

    await workshop.build(source, config={"TOKEN": "s3cret"}, force=True)
    assert "       Using cached node_modules (package.json and the lock file are unchanged)\n" in workshop.said


async def lock(folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        "npm", "install", "--package-lock-only", "--no-audit", "--no-fund", "--silent", cwd=folder
    )
    assert await process.wait() == 0


async def test_a_node_that_is_not_here_is_told(open_real: Open, source: Path) -> None:
    workshop = await open_real("sandbox")
    lay_out(source, {"package.json": '{"engines": {"node": "4.x"}}'})
    with pytest.raises(BuildFailed):
        await workshop.build(source)
    assert " !     Error: No Node.js on this machine is 4.x, as engines.node in package.json asks.\n" in workshop.said


async def test_a_static_site_needs_no_procfile(open_real: Open, source: Path, unused_port: Callable[[], int]) -> None:
    workshop = await open_real("sandbox")
    lay_out(source, {"public/index.html": "<h1>hello</h1>", "README.md": "x"})
    result = await workshop.build(source)
    assert "-----> Static HTML app detected\n" in workshop.said
    async with running(workshop, result.slug, unused_port()) as url:
        assert await get(url) == "<h1>hello</h1>"


async def test_a_build_sees_herokus_folders(
    open_real: Open, source: Path, make_buildpack: Callable[..., Path]
) -> None:
    workshop = await open_real("sandbox")
    script = (
        'echo "$1 $2 $HOME $(id -u)"; mkdir -p "$HOME/.heroku"; ln -s "$1/tool" "$HOME/.heroku/tool";'
        'echo "export T=$HOME/.heroku/tool" > "$(dirname "$0")/../export"; touch "$1/tool"'
    )
    lay_out(source, {"Procfile": "web: x\n"})
    second = make_buildpack("two", compile='[ -e "$T" ] && echo "$T"')
    await workshop.build(source, make_buildpack("one", compile=script), second)
    assert "-----> One app detected\n/tmp/build_" in workshop.said
    assert " /tmp/codon/tmp/cache /app 1000\n" in workshop.said
    assert "-----> Two app detected\n/app/.heroku/tool\n" in workshop.said
