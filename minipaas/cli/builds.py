"""builds, builds:create, builds:output, buildpacks."""

import re
import sys
from pathlib import Path
from urllib.parse import quote

import click

from minipaas.build.detect import shipped_folder
from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client, json_option
from minipaas.errors import BuildFailed, UsageProblem


@click.command(epilog=example("minipaas builds", "minipaas builds -a shop --json"))
@app_option
@json_option
def builds(app: str | None, as_json: bool) -> None:
    """List the builds of an app, newest first."""
    platform = client()
    name = choose_app(platform, app)
    found = platform.get(f"/apps/{name}/builds")[::-1]
    if as_json:
        output.as_json(found)
        return
    if not found:
        output.note(f"No builds of {name}.")
        return
    output.columns(
        [
            (
                each["id"],
                each["status"] + (" (slug reused)" if each["reused"] else ""),
                each["source_blob"]["version"][:8] or "-",
                ", ".join(pack["name"] for pack in each["buildpacks"]) or "-",
                each["created_at"],
            )
            for each in found
        ]
    )


@click.command(
    name="builds:create", epilog=example("minipaas builds:create", "minipaas builds:create ../shop -a shop")
)
@app_option
@click.option(
    "-b", "--buildpack", "buildpacks", multiple=True, metavar="NAME|PATH|URL", help="in order; may be repeated"
)
@click.argument("path", type=click.Path(path_type=Path), default=Path())
def create(app: str | None, buildpacks: tuple[str, ...], path: Path) -> None:
    """Build a folder and deploy it to the running platform.

    A build that fails leaves the release before it running and exits 1.
    """
    folder = path.expanduser().resolve()
    if not folder.is_dir():
        raise UsageProblem(f"there is no folder {path}")
    platform = client()
    name = choose_app(platform, app)
    wanted = {"source_blob": {"url": folder.as_uri()}, "buildpacks": [{"url": each} for each in buildpacks]}
    begun = platform.call("POST", f"/apps/{name}/builds", wanted)
    for line in platform.stream(begun["output_stream_url"]):
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
    ended = platform.get(f"/apps/{name}/builds/{begun['id']}")
    if ended["error"] or ended["status"] == "failed":
        raise BuildFailed(ended["error"] or "the build failed", ended["hint"])
    release = platform.get(f"/apps/{name}")["release"]
    output.note(f"{name} {release} runs{' (its source is unchanged, so its slug is too)' if ended['reused'] else ''}")


@click.command(name="builds:output", epilog=example("minipaas builds:output", "minipaas builds:output 01234567-..."))
@app_option
@click.argument("build", required=False)
def output_of(app: str | None, build: str | None) -> None:
    """Show what a build of this platform printed: the newest when none is named."""
    platform = client()
    name = choose_app(platform, app)
    if build is None:
        known = platform.get(f"/apps/{name}/builds")
        if not known:
            raise UsageProblem(f"{name} has no builds")
        build = known[-1]["id"]
    for line in platform.stream(f"/minipaas/builds/{quote(str(build), safe='')}/output"):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


@click.command(epilog=example("minipaas buildpacks"))
@json_option
def buildpacks(as_json: bool) -> None:
    """List the buildpacks that come with minipaas, in the order they are tried."""
    found = [
        {"name": folder.name, "path": str(folder), "about": _about(folder)}
        for folder in sorted(shipped_folder().iterdir())
        if (folder / "bin" / "detect").exists()
    ]
    if as_json:
        output.as_json(found)
        return
    for each in found:
        output.data(f"{output.bold(each['name'])}  {each['path']}\n    {each['about']}")


def _about(folder: Path) -> str:
    """The README's first sentence."""
    paragraphs = (folder / "README.md").read_text().split("\n\n")
    prose = next((each for each in paragraphs if not each.startswith("#")), "")
    return re.split(r"(?<=\.)\s", " ".join(prose.split()), maxsplit=1)[0]
