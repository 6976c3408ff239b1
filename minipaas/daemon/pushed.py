"""What `up` makes of a folder that may hold no app, or be the clone that an app is pushed from."""

from pathlib import Path

from minipaas.store.home import Home

#: One of these makes a folder an app's: what Heroku reads, and what the shipped buildpacks look for.
_SIGNS = (
    *("procfile", "app.json", "minipaas.yml", "static.json", "index.html", "package.json"),
    *("requirements.txt", "pipfile", "pyproject.toml", "setup.py", "poetry.lock", "uv.lock"),
    *("gemfile", "go.mod", "pom.xml", "composer.json", "cargo.toml", "mix.exs"),
)


def holds_app(folder: Path) -> bool:
    """Whether somebody means an app by this folder; a `procfile` in the wrong case is meant, too."""
    try:
        names = {path.name.lower() for path in folder.iterdir()}
    except OSError:
        return True  # the build tells why it cannot be read
    return any(sign in names for sign in _SIGNS) or (folder / "bin" / "detect").exists()


def named_by_clone(home: Home, folder: Path) -> str | None:
    """The app that the clone in this folder is pushed to: `up` there means it, whatever the folder is called."""
    if not (folder / ".git").exists():
        return None
    from minipaas.build.clone import Clone  # noqa: PLC0415  most folders that are `up` are no clones of ours

    return Clone(folder).app(home.root / "git")
