"""`minipaas.yml`. Its documentation is `docs/minipaas.example.yml`; a test holds that both know the same keys."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date

from minipaas.limits import DYNOS_PER_APP, Limits
from minipaas.model.app import FormationEntry
from minipaas.model.dyno import DEFAULT_SIZE, TYPE_PATTERN
from minipaas.model.platform_file import (
    AppEntry,
    PlatformFile,
    RouterChoice,
    Rules,
    RuntimeChoice,
    Suppression,
)
from minipaas.parse.app_name import RULE, is_app_name
from minipaas.parse.dotenv import VARIABLE_PATTERN
from minipaas.parse.duration import FORMS, parse_duration
from minipaas.parse.dyno_size import KNOWN, find_size
from minipaas.parse.faults import Faults
from minipaas.parse.node import Node
from minipaas.parse.wording import did_you_mean, listed, quoted
from minipaas.parse.yaml_node import read_yaml_text

MAX_HOSTS = 26

_BUDGETS = tuple(field.name.removesuffix("_s") for field in fields(Rules) if field.name != "suppress")
_LIMITS = tuple(field.name.removesuffix("_s") for field in fields(Limits))
#: Every key of the file, by the place it may stand at; `*` is a name the user chooses, `[]` an entry of a list.
KEYS: Mapping[str, tuple[str, ...]] = {
    "": ("apps", "hosts", "runtime", "stack", "router", "limits", "rules"),
    "apps.*": ("path", "uses", "buildpacks", "env", "formation"),
    "limits": _LIMITS,
    "rules": (*_BUDGETS, "suppress"),
    "rules.suppress[]": ("code", "reason", "until"),
}

#: A limit of nothing would fail every request; only these may be nothing.
_MAY_BE_ZERO = ("quarantine", "cycle_jitter")
_LONGEST_S = 30 * 24 * 3600
_TYPE = re.compile(TYPE_PATTERN)
_VARIABLE = re.compile(VARIABLE_PATTERN)
_CODE = re.compile(r"[A-Z]{1,3}[0-9]{2,3}")
_QUANTITY = re.compile(r"([0-9]{1,3})(?::([A-Za-z0-9_-]+))?")


def parse_minipaas_yml(text: str, path: str = "minipaas.yml") -> PlatformFile:
    """The file's wishes, checked.

    Raises:
        FileProblem: not YAML, an unknown key, a value out of range; further faults stand in its notes.
    """
    root = read_yaml_text(text, path)
    if root is None or root.value is None:
        return PlatformFile()
    reader = _Reader(root)
    platform_file = reader.read()
    reader.faults.settle()
    return platform_file


class _Reader:
    def __init__(self, root: Node) -> None:
        self.faults = Faults()
        self._root = root
        self._app_names = tuple(self._names_of_apps())

    def _names_of_apps(self) -> Iterable[str]:
        apps = self._root.mapping().get("apps")
        return apps.value if apps is not None and isinstance(apps.value, Mapping) else ()

    def read(self) -> PlatformFile:
        faults, unset = self.faults, PlatformFile()
        entry = self._known(self._root, "").get
        return PlatformFile(
            apps=faults.each_entry(entry("apps"), self._app),
            hosts=faults.take(entry("hosts"), _hosts, None),
            runtime=faults.take(
                entry("runtime"), lambda node: RuntimeChoice(_choice(node, RuntimeChoice)), unset.runtime
            ),
            stack=faults.take(entry("stack"), _filled_text, unset.stack),
            router=faults.take(entry("router"), lambda node: RouterChoice(_choice(node, RouterChoice)), unset.router),
            limits=faults.take(entry("limits"), self._limits, unset.limits),
            rules=faults.take(entry("rules"), self._rules, unset.rules),
        )

    def _known(self, node: Node, place: str) -> Mapping[str, Node]:
        """The entries with a known key; each unknown one is a fault of its own."""
        known: dict[str, Node] = {}
        for key, entry in node.mapping().items():
            with self.faults.gathered():
                if key not in KEYS[place]:
                    hint = did_you_mean(key, KEYS[place]) or f"known here: {listed(KEYS[place])}"
                    raise entry.problem(f"unknown key {quoted(key)}", hint)
                known[key] = entry
        return known

    def _app(self, name: str, node: Node) -> AppEntry:
        if not is_app_name(name):
            raise node.problem(f"{quoted(name)} cannot be the name of an app", RULE)
        entry = self._known(node, "apps.*").get
        path = entry("path")
        if path is None:
            raise node.problem(f"{node.title} needs a `path`", f"write `path: {name}`")
        return AppEntry(
            path=self.faults.take(path, _filled_text, ""),
            uses=self.faults.each_item(entry("uses"), lambda used: self._used(name, used)),
            buildpacks=self.faults.each_item(entry("buildpacks"), _filled_text),
            env=self.faults.each_entry(entry("env"), _variable),
            formation=self.faults.each_entry(entry("formation"), _formation_entry),
        )

    def _used(self, user: str, node: Node) -> str:
        if node.text() not in self._app_names:
            others = [name for name in self._app_names if name != user]
            hint = did_you_mean(node.text(), others) or f"other apps: {listed(others)}"
            raise node.problem(f"{quoted(user)} uses {quoted(node.text())}, and there is no such app here", hint)
        if node.text() == user:
            raise node.problem(f"{quoted(user)} uses itself")
        return node.text()

    def _limits(self, node: Node) -> Limits:
        return Limits(**self._seconds(self._known(node, "limits"), _LIMITS))

    def _rules(self, node: Node) -> Rules:
        entries = self._known(node, "rules")
        suppress = self.faults.each_item(entries.get("suppress"), self._suppression)
        return Rules(**self._seconds(entries, _BUDGETS), suppress=suppress)

    def _seconds(self, entries: Mapping[str, Node], names: Iterable[str]) -> dict[str, float]:
        """Durations by the names their fields have in the model."""
        seconds: dict[str, float] = {}
        for name in names:
            if name in entries:
                with self.faults.gathered():
                    seconds[f"{name}_s"] = _duration(entries[name], may_be_zero=name in _MAY_BE_ZERO)
        return seconds

    def _suppression(self, node: Node) -> Suppression:
        entries = self._known(node, "rules.suppress[]")
        for key in ("code", "reason"):
            if key not in entries:
                raise node.problem(f"{node.title} needs a `{key}`")
        until = _day(entries["until"]) if "until" in entries else None
        return Suppression(code=_code(entries["code"]), reason=_filled_text(entries["reason"]), until=until)


def _filled_text(node: Node) -> str:
    if not node.text().strip():
        raise node.problem(f"{node.title} is empty")
    return node.text()


def _hosts(node: Node) -> int:
    # A host is called by a letter, so there are 26 at most.
    text = node.text()
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MAX_HOSTS:
        raise node.problem(f"{node.title} must be a whole number from 1 to {MAX_HOSTS}, not {quoted(text)}")
    return int(text)


def _choice(node: Node, choices: Iterable[str]) -> str:
    words = tuple(choices)
    if node.text() not in words:
        hint = did_you_mean(node.text(), words) or f"one of: {listed(words)}"
        raise node.problem(f"{node.title} cannot be {quoted(node.text())}", hint)
    return node.text()


def _duration(node: Node, *, may_be_zero: bool) -> float:
    seconds = parse_duration(node.text())
    if seconds is None:
        raise node.problem(f"{node.title} is no duration: {quoted(node.text())}", FORMS)
    if seconds > _LONGEST_S or (seconds == 0 and not may_be_zero):
        raise node.problem(f"{node.title} must be {'up to' if may_be_zero else 'over 0 and up to'} 30 days")
    return seconds


def _variable(name: str, node: Node) -> str:
    if not _VARIABLE.fullmatch(name):
        raise node.problem(f"{quoted(name)} cannot be the name of a config var", "use A-Z, 0-9 and _, no digit first")
    if node.value is None:
        raise node.problem(f"{node.title} has no value", 'write `""` for an empty one')
    return node.text()


def _formation_entry(type_: str, node: Node) -> FormationEntry:
    if not _TYPE.fullmatch(type_):
        raise node.problem(f"{quoted(type_)} cannot be the name of a process type")
    found = _QUANTITY.fullmatch(node.text())
    if found is None or int(found[1]) > DYNOS_PER_APP:
        message = f"{node.title} must be a quantity from 0 to {DYNOS_PER_APP}, not {quoted(node.text())}"
        raise node.problem(message, "write `2` or `2:standard-2x`")
    size = find_size(found[2]) if found[2] else DEFAULT_SIZE
    if size is None:
        raise node.problem(f"unknown dyno size {quoted(found[2])}", f"sizes: {listed(KNOWN)}")
    return FormationEntry(int(found[1]), size)


def _code(node: Node) -> str:
    if not _CODE.fullmatch(node.text()):
        raise node.problem(f"{quoted(node.text())} is no code of a finding", "they look like `MP101` or `H12`")
    return node.text()


def _day(node: Node) -> date:
    try:
        return date.fromisoformat(node.text())
    except ValueError:
        raise node.problem(f"{node.title} is no date: {quoted(node.text())}", "write `2027-01-31`") from None
