"""The bare git repositories that apps are pushed to."""

import os
import shlex
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from minipaas.errors import Missing, StoreProblem
from minipaas.store.home import Home

_HOOK = """#!/bin/sh
# Made by minipaas, and written anew whenever a platform starts: a push builds and releases the app.
MINIPAAS_HOME={home} exec {python} -P -m minipaas.cli.receive {app}
"""


class Repositories:
    """One repository an app that can be pushed to, `git/APP.git` in the home folder."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._folder = home.root / "git"

    def path(self, app: str) -> Path:
        """Where the app's repository is, or would be: what a remote points to."""
        return self._folder / f"{app}.git"

    def names(self) -> tuple[str, ...]:
        """The apps that have one, sorted."""
        return tuple(sorted(path.name.removesuffix(".git") for path in self._folder.glob("*.git")))

    def make(self, app: str) -> Path:
        """The app's repository, made when there is none; its hook is written anew.

        Raises:
            Missing: git is not installed.
            StoreProblem: it cannot be written.
        """
        path = self.path(app)
        try:
            if not (path / "HEAD").exists():
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                _git(None, "init", "--quiet", "--bare", "--initial-branch=main", str(path))
                # A user's own core.hooksPath would take our hook's place.
                _git(path, "config", "core.hooksPath", str(path / "hooks"))
                _git(path, "config", "receive.advertisePushOptions", "false")
                # What is built is one commit's files; how deep the clone is that they come from does not matter.
                _git(path, "config", "receive.shallowUpdate", "true")
            self._write_hook(app, path)
        except OSError as error:
            raise StoreProblem(f"cannot write {path}: {error.strerror}", "free some space and try again") from error
        return path

    def _write_hook(self, app: str, path: Path) -> None:
        text = _HOOK.format(home=shlex.quote(str(self._home.root)), python=shlex.quote(sys.executable), app=app)
        hook = path / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        fresh = hook.with_name(f"pre-receive.{uuid.uuid4().hex}")
        fresh.write_text(text)
        fresh.chmod(0o700)
        fresh.replace(hook)

    def delete(self, app: str) -> None:
        """Remove the app's repository with all that was pushed."""
        _remove(self.path(app))
        self.lock(app).unlink(missing_ok=True)

    def lock(self, app: str) -> Path:
        """The file that a push to the app holds a lock on."""
        return self._folder / f"{app}.lock"

    def sweep(self) -> None:
        """Remove the sources that pushes which were killed have left."""
        _remove(self._folder / "incoming")

    def export(self, app: str, commit: str) -> Path:
        """The files of a commit in a new folder, which the caller removes.

        Called by a hook, it sees the commit that is being pushed.

        Raises:
            StoreProblem: there is no such commit, or no space.
        """
        folder = self._folder / "incoming" / uuid.uuid4().hex
        try:
            folder.mkdir(mode=0o700, parents=True)
            _check_out(self.path(app), commit, folder)
        except OSError as error:
            _remove(folder)
            raise StoreProblem(f"cannot read {commit[:8]} of {app}: {error.strerror}") from error
        return folder

    def head(self, app: str) -> str | None:
        """The commit that was pushed last; None before the first push."""
        for branch in ("main", "master"):
            done = _run(self.path(app), ("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"), {})
            if done.returncode == 0:
                return done.stdout.strip()
        return None


def _check_out(repository: Path, commit: str, folder: Path) -> None:
    """As a clone has them: `git archive` would leave out what .gitattributes keeps from archives."""
    index = folder.with_suffix(".index")
    # A user's own filters (Git LFS) and `core.autocrlf` would change what was committed.
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    env = {**os.environ, **own, "GIT_INDEX_FILE": str(index)}
    at = (f"--git-dir={repository}", f"--work-tree={folder}")
    try:
        for words in (("read-tree", commit), ("checkout-index", "--all", "--quiet")):
            done = _run(None, (*at, *words), env)
            if done.returncode != 0:
                reason = done.stderr.strip().splitlines()
                raise OSError(0, reason[-1] if reason else "git failed")
    finally:
        index.unlink(missing_ok=True)


def _git(repository: Path | None, *words: str) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = _run(repository, words, own)
    if done.returncode != 0:
        raise StoreProblem(f"cannot make a repository: {done.stderr.strip() or 'git failed'}")


def _run(repository: Path | None, words: Sequence[str], env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    at = ("-C", str(repository)) if repository else ()
    try:
        return subprocess.run(
            ("git", *at, *words), env=env or None, capture_output=True, text=True, errors="replace", check=False
        )
    except FileNotFoundError:
        raise Missing("git is not installed", "install it: apt-get install git") from None


def _remove(folder: Path) -> None:
    from shutil import rmtree  # noqa: PLC0415  see `tree.remove`

    rmtree(folder, ignore_errors=True)
