"""What an app's own files say: process types, formation, config vars wanted, buildpacks."""

from collections.abc import Mapping
from dataclasses import field

from minipaas.frozen import frozen
from minipaas.model.dyno import DEFAULT_SIZE, Size


@frozen
class FileWarning:
    """Something a user should know about one of their files, that does not stop the work."""

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line is not None else self.path
        return f"{where}: {self.message}"


@frozen
class Procfile:
    """Process types in file order, each with its command."""

    types: Mapping[str, str]
    lines: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[FileWarning, ...] = ()


@frozen
class EnvWish:
    """One entry of app.json's `env`. `generator` is "secret" or None."""

    value: str | None = None
    description: str | None = None
    required: bool = True
    generator: str | None = None


@frozen
class FormationEntry:
    """How many dynos of one process type, and of which size."""

    quantity: int
    size: Size = DEFAULT_SIZE


@frozen
class AddonWish:
    """One entry of app.json's `addons`: `heroku-postgresql:mini`, optionally under another name."""

    plan: str
    alias: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@frozen
class AppJson:
    """Heroku's app.json, as far as it bears on running the app."""

    name: str | None = None
    env: Mapping[str, EnvWish] = field(default_factory=dict)
    formation: Mapping[str, FormationEntry] = field(default_factory=dict)
    addons: tuple[AddonWish, ...] = ()
    buildpacks: tuple[str, ...] = ()
    scripts: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[FileWarning, ...] = ()
