"""apps:create, apps:info, apps:destroy, git:remote."""

import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from minipaas.build.clone import REMOTE
from minipaas.cli import output
from minipaas.cli.group import example
from minipaas.cli.target import app_option, choose_app, client, json_option
from minipaas.errors import Missing, UsageProblem


@click.command(name="apps:create", epilog=example("minipaas apps:create", "minipaas apps:create shop"))
@click.argument("name", required=False)
@click.option("--no-remote", is_flag=True, help="leave the clone in this folder as it is")
@json_option
def create(name: str | None, no_remote: bool, as_json: bool) -> None:
    """Make an app that code is pushed to; in a git clone, its remote `minipaas` too.

    Then `git push minipaas main` builds and releases it.
    """
    platform = client()
    app = platform.call("POST", "/apps", {"name": name} if name else {})
    if not no_remote and _in_clone():
        _set_remote(app, quiet=as_json)
    if as_json:
        output.as_json(app)
        return
    output.note(f"Creating {app['name']}... done")
    output.data(f"{app['web_url']} | {app['git_url']}")


@click.command(name="apps:info", epilog=example("minipaas apps:info", "minipaas apps:info -a shop --json"))
@app_option
@json_option
def info(app: str | None, as_json: bool) -> None:
    """Show one app: its dynos, URLs, add-ons, and where to push to."""
    platform = client()
    name = choose_app(platform, app)
    found = platform.get(f"/apps/{quote(name, safe='')}")
    if as_json:
        output.as_json(found)
        return
    addons = platform.get(f"/apps/{name}/addons")
    dynos = platform.get(f"/apps/{name}/formation")
    output.data(output.bold(f"=== {name}"))
    output.columns(
        [
            ("Addons:", ", ".join(each["plan"]["name"] for each in addons) or "none"),
            ("Dynos:", ", ".join(f"{each['type']}: {each['quantity']}" for each in dynos) or "none"),
            ("Git URL:", found["git_url"]),
            ("Owner:", found["owner"]["email"]),
            ("Release:", found["release"] or "none"),
            ("Slug Size:", f"{found['slug_size'] // 1024} KiB" if found["slug_size"] else "none"),
            ("Web URL:", found["web_url"]),
            ("Own URL:", found["own_url"]),
        ]
    )


@click.command(name="apps:destroy", epilog=example("minipaas apps:destroy -a shop --confirm shop"))
@app_option
@click.option("--confirm", metavar="APP", help="its name once more, in place of the question")
def destroy(app: str | None, confirm: str | None) -> None:
    """End an app and delete all of it: dynos, add-ons with their data, releases, logs, what was pushed."""
    platform = client()
    name = choose_app(platform, app)
    if confirm is None and sys.stdin.isatty():
        output.note(f" !    This deletes {name} with its add-ons and their data. There is no way back.")
        confirm = click.prompt(f" !    To go on, type {name}", err=True)
    if confirm != name:
        raise UsageProblem(f"{name} is not destroyed: it was not confirmed", f"`--confirm {name}` confirms it")
    output.begin(f"Destroying {name}")
    platform.call("DELETE", f"/apps/{quote(name, safe='')}")
    output.done()


@click.command(
    name="git:remote", epilog=example("minipaas git:remote -a shop", "minipaas git:remote -a shop -r test")
)
@click.option("-a", "--app", required=True, metavar="APP", help="the app to push to")
@click.option("-r", "--remote", "remote_name", default=REMOTE, show_default=True, metavar="NAME", help="its name")
def remote(app: str, remote_name: str) -> None:
    """Add a remote to the clone in this folder, or point the one it has to the app.

    The remote is a path on this machine: any clone here can push to it.
    """
    if not _in_clone():
        raise UsageProblem("this folder is no git clone", "`git init`, `git add .` and `git commit` make one")
    _set_remote(client().call("POST", f"/minipaas/apps/{quote(app, safe='')}/repository"), remote_name)


def _in_clone() -> bool:
    return _git("rev-parse", "--git-dir").returncode == 0


def _set_remote(app: Any, name: str = REMOTE, *, quiet: bool = False) -> None:
    url = str(Path(app["git_url"]))
    known = _git("remote", "get-url", name)
    done = _git("remote", "set-url" if known.returncode == 0 else "add", name, url)
    if done.returncode != 0:
        raise UsageProblem(f"cannot set the remote {name}: {done.stderr.strip()}")
    if not quiet:
        output.note(f"set git remote {name} to {url}")


def _git(*words: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(("git", *words), capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError:
        raise Missing("git is not installed", "install it: apt-get install git") from None
