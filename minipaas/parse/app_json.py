"""Heroku's app.json, as far as it bears on running the app (DC:app-json-schema)."""

import re
from collections.abc import Mapping

from minipaas.limits import DYNOS_PER_APP
from minipaas.model.app import AddonWish, AppJson, EnvWish, FileWarning, FormationEntry
from minipaas.model.dyno import DEFAULT_SIZE, TYPE_PATTERN, Size
from minipaas.parse.dotenv import VARIABLE_PATTERN
from minipaas.parse.dyno_size import KNOWN, find_size, is_stand_in
from minipaas.parse.faults import Faults
from minipaas.parse.json_node import read_json_text
from minipaas.parse.node import Node
from minipaas.parse.wording import did_you_mean, listed, quoted

#: Read here; the other known keys describe the app to people, or are for Heroku's own pages.
_READ = ("name", "env", "formation", "addons", "buildpacks", "scripts", "environments")
_KNOWN = (
    *_READ,
    *("$schema", "description", "keywords", "website", "repository", "logo", "success_url", "image", "stack"),
)
_ENVIRONMENTS = ("test", "review", "production")
_VARIABLE = re.compile(VARIABLE_PATTERN)
_TYPE = re.compile(TYPE_PATTERN)


def parse_app_json(text: str, path: str = "app.json") -> AppJson:
    """What the file asks for. `environments` is accepted and not applied: an app here is a production app.

    Raises:
        FileProblem: not JSON, or a value of the wrong kind; further faults stand in its notes.
    """
    root, warnings = read_json_text(text, path)
    reader = _Reader(root)
    app_json = reader.read(warnings)
    reader.faults.settle()
    return app_json


class _Reader:
    def __init__(self, root: Node) -> None:
        self.faults = Faults()
        self._entries = root.mapping()
        self._warnings: list[FileWarning] = []

    def read(self, warnings: tuple[FileWarning, ...]) -> AppJson:
        faults, entry = self.faults, self._entries.get
        self._tell_of_unknown_keys()
        faults.each_entry(entry("environments"), self._check_environment)
        return AppJson(
            name=faults.take(entry("name"), Node.text, None),
            env=faults.each_entry(entry("env"), _env_wish),
            formation=faults.each_entry(entry("formation"), self._formation_entry),
            addons=self._addons(entry("addons")),
            buildpacks=faults.each_item(entry("buildpacks"), _buildpack),
            scripts=faults.each_entry(entry("scripts"), lambda _, node: node.text()),
            warnings=(*warnings, *self._warnings),
        )

    def _addons(self, node: Node | None) -> tuple[AddonWish, ...]:
        """`"addons": "sentry"` is met in real apps: `git push` never reads the key, so Heroku never complains."""
        if node is None or not isinstance(node.value, str):
            return self.faults.each_item(node, _addon_wish)
        self._warn(node, f'`addons` must be a list: read as ["{node.value}"]')
        return tuple(filter(None, [self.faults.take(node, _addon_wish, None)]))

    def _warn(self, node: Node, message: str) -> None:
        self._warnings.append(FileWarning(node.path, node.line, message))

    def _tell_of_unknown_keys(self) -> None:
        for key, node in self._entries.items():
            if key not in _KNOWN:
                near = did_you_mean(key, _KNOWN)
                self._warn(node, f"unknown key {quoted(key)} is not read" + (f": {near}" if near else ""))

    def _check_environment(self, name: str, node: Node) -> None:
        node.mapping()
        if name not in _ENVIRONMENTS:
            self._warn(node, f"unknown environment {quoted(name)}; Heroku knows {listed(_ENVIRONMENTS)}")

    def _formation_entry(self, type_: str, node: Node) -> FormationEntry:
        if not _TYPE.fullmatch(type_):
            raise node.problem(f"{quoted(type_)} cannot be the name of a process type")
        fields = node.only(("quantity", "size"))
        if "quantity" not in fields:
            raise node.problem(f"{node.title} needs a `quantity`")
        size = self._size(fields["size"]) if "size" in fields else DEFAULT_SIZE
        return FormationEntry(_quantity(fields["quantity"]), size)

    def _size(self, node: Node) -> Size:
        size = find_size(node.text())
        if size is None:
            raise node.problem(f"unknown dyno size {quoted(node.text())}", f"sizes: {listed(KNOWN)}")
        if is_stand_in(node.text()):
            self._warn(node, f"size {quoted(node.text())} runs as {size.name} here")
        return size


def _env_wish(name: str, node: Node) -> EnvWish:
    if not _VARIABLE.fullmatch(name):
        raise node.problem(f"{quoted(name)} cannot be the name of a config var", "use A-Z, 0-9 and _, no digit first")
    if not isinstance(node.value, Mapping):
        return EnvWish(value=_quotable_text(node))
    fields = node.only(("value", "description", "required", "generator"))
    return EnvWish(
        value=_optional_text(fields.get("value")),
        description=_optional_text(fields.get("description")),
        required=_flag(fields["required"]) if "required" in fields else True,
        generator=_generator(fields["generator"]) if "generator" in fields else None,
    )


def _optional_text(node: Node | None) -> str | None:
    return None if node is None or node.value is None else _quotable_text(node)


def _quotable_text(node: Node) -> str:
    """The text; a bare number or boolean is a common slip that two quotes mend."""
    if isinstance(node.value, bool | int | float):
        raise node.wrong("text", "put it in double quotes")
    return node.text()


def _flag(node: Node) -> bool:
    if not isinstance(node.value, bool):
        raise node.wrong("true or false")
    return node.value


def _generator(node: Node) -> str:
    if node.text() != "secret":
        raise node.problem(f"unknown generator {quoted(node.text())}", "the only one is `secret`")
    return "secret"


def _quantity(node: Node) -> int:
    if isinstance(node.value, bool) or not isinstance(node.value, int):
        raise node.wrong("a whole number")
    if not 0 <= node.value <= DYNOS_PER_APP:
        raise node.problem(f"{node.title} must be 0 to {DYNOS_PER_APP}")
    return node.value


def _addon_wish(node: Node) -> AddonWish:
    if isinstance(node.value, str):
        return AddonWish(_plan(node))
    fields = node.only(("plan", "as", "options"))
    if "plan" not in fields:
        raise node.problem(f"{node.title} needs a `plan`")
    options = fields["options"].mapping() if "options" in fields else {}
    return AddonWish(
        plan=_plan(fields["plan"]),
        alias=_optional_text(fields.get("as")),
        options={name: _quotable_text(option) for name, option in options.items()},
    )


def _plan(node: Node) -> str:
    if not node.text().strip():
        raise node.problem(f"{node.title} is empty", "write `SERVICE:PLAN`, as in `heroku-postgresql:essential-0`")
    return node.text()


def _buildpack(node: Node) -> str:
    if isinstance(node.value, str):
        raise node.wrong("a map", f'write {{"url": {quoted(node.value)}}}'.replace("`", '"'))
    fields = node.only(("url",))
    if "url" not in fields or not fields["url"].text().strip():
        raise node.problem(f"{node.title} needs a `url`")
    return fields["url"].text()
