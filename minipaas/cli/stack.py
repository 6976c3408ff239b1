"""stack and stack:build."""

import asyncio
import time
from collections.abc import Sequence

import click

from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import json_option
from minipaas.runtime.docker.engine import Engine
from minipaas.runtime.docker.images import DEFAULT_STACK, Stack, stack_of
from minipaas.runtime.docker.stackbuild import check_tools, import_parts, known_stacks, make_parts, workplace


@click.command(name="stack", epilog=example("minipaas stack", "minipaas stack --json"))
@json_option
def stack(as_json: bool) -> None:
    """List the stacks that the Docker engine has: what containers are made of with `--runtime docker`.

    Each stack is two images, one for dynos and one for builds. Without `--stack` heroku/heroku:24 is used.
    """
    found = asyncio.run(_known())
    if as_json:
        output.as_json(found)
        return
    if not found:
        output.note(
            f"The engine has no stack. {DEFAULT_STACK} is pulled when it is used; offline: minipaas stack build"
        )
    output.columns([(str(each["image"]), f"{each['mb']} MB", str(each["system"])) for each in found])


async def _known() -> list[dict[str, object]]:
    engine = await Engine.connect()
    try:
        return await known_stacks(engine)
    finally:
        await engine.close()


@click.command(
    name="stack:build",
    epilog=example(
        "minipaas stack build",
        "minipaas stack build --package imagemagick --package ffmpeg",
        "minipaas up --runtime docker --stack local",
    ),
)
@click.option(
    "--stack",
    "name",
    default="local",
    show_default=True,
    metavar="NAME",
    help="what it is called: `local` gives minipaas/stack:local, all else is an image's name",
)
@click.option("--package", "packages", multiple=True, metavar="NAME", help="one more Debian package; may be repeated")
def build(name: str, packages: tuple[str, ...]) -> None:
    """Build a stack from this machine's own package mirror, for `--stack local`. No registry is asked.

    mmdebstrap installs this machine's distribution with Python, Node and what the buildpacks need, and the Docker
    engine gets two images of it: one for dynos, and with a compiler one for builds. Takes a minute or two, and
    replaces a stack of that name.
    """
    asyncio.run(_build(name, stack_of(name), packages))


async def _build(name: str, images: Stack, packages: Sequence[str]) -> None:
    check_tools()
    began = time.monotonic()
    engine = await Engine.connect()
    try:
        with workplace() as parts:
            await make_parts(parts, _say, packages)
            _say("importing into the Docker engine")
            await import_parts(engine, parts, images, name)
    finally:
        await engine.close()
    output.note(f"Built {images.run} and {images.build} in {time.monotonic() - began:.0f} s")
    output.note(f"Use them: minipaas up --runtime docker --stack {name}")


def _say(step: str) -> None:
    output.note(f"-----> {step[:1].upper()}{step[1:].rstrip('.')}")
