"""A scenario file. Its documentation is `docs/scenario.example.yml`; a test holds that both know the same keys."""

import json
import re
from collections.abc import Mapping
from typing import Any

from minipaas.errors import FileProblem
from minipaas.model.scenario import FIRST_USER, Expect, Pick, PickKind, Scenario, ScenarioStep, Unique, Upload
from minipaas.parse.faults import Faults
from minipaas.parse.node import Node
from minipaas.parse.wording import did_you_mean, listed, quoted
from minipaas.parse.yaml_node import read_yaml_text

#: A plan is played dozens of times; a longer one takes minutes for that.
MAX_STEPS = 200
#: Every key of the file, by the place it may stand at; `*` is a name the user chooses, `[]` an entry of a list.
KEYS: Mapping[str, tuple[str, ...]] = {
    "": ("host", "users", "unique", "steps"),
    "steps[]": ("request", "user", "headers", "form", "json", "body", "files", "capture", "expect", "session"),
    "steps[].files.*": ("name", "type", "content", "picture", "path", "tail"),
    "steps[].capture.*": ("json", "css", "attribute", "regex", "header", "cookie", "field"),
    "steps[].expect": ("status", "contains", "not_contains", "still"),
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
#: `${name}`, and `$${name}` for a text that has these characters itself.
USE = re.compile(r"\$(\$?)\{([^{}\n]*)\}")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(:[0-9]{1,5})?")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_NOT_YOURS = {
    "host": "the scenario's `host` says it",
    "cookie": "each user keeps cookies as a browser does; `capture: {name: {cookie: NAME}}` reads one",
    "content-length": "it is counted",
    "transfer-encoding": "it is chosen",
    "connection": "it is chosen",
}
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,2})?")


def parse_scenario(text: str, path: str) -> Scenario:
    """The file, checked; values in `json:` have the types that YAML gives them.

    Raises:
        FileProblem: not YAML, an unknown key, a value that cannot be; further faults stand in its notes.
    """
    root = read_yaml_text(text, path)
    if root is None or root.value is None:
        raise FileProblem(path, None, "holds no steps", "docs/scenario.example.yml shows all that can be said")
    reader = _Reader(root)
    scenario = reader.read()
    reader.faults.settle()
    return scenario


class _Reader:
    def __init__(self, root: Node) -> None:
        self.faults = Faults()
        self._root = root
        self._users: tuple[str, ...] = (FIRST_USER,)
        self._unique: Mapping[str, Unique] = {}
        self._captured: dict[str, None] = {}

    def read(self) -> Scenario:
        faults = self.faults
        entries = self._known(self._root, "")
        host = faults.take(entries.get("host"), _host, None)
        self._users = faults.each_item(entries.get("users"), _user) or (FIRST_USER,)
        self._unique = faults.each_entry(entries.get("unique"), _unique)
        if "steps" not in entries:
            raise self._root.problem("has no `steps`", "a scenario is a list of requests under `steps:`")
        steps = faults.each_item(entries["steps"], self._step)
        with faults.gathered():
            _counted(entries["steps"])
        return Scenario(steps=steps, host=host, users=self._users, unique=self._unique)

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

    def _step(self, node: Node) -> ScenarioStep:
        entries = self._known(node, "steps[]")
        if "request" not in entries:
            raise node.problem(f"{node.title} needs a `request`", "write `request: POST /notes`")
        take, entry = self.faults.take, entries.get
        method, path = self._request(entries["request"])
        bodies = [key for key in ("form", "json", "body") if key in entries]
        if len(bodies) > 1 or ("files" in entries and bodies not in ([], ["form"])):
            both = " and ".join(f"`{key}`" for key in (*bodies, *(["files"] if "files" in entries else [])))
            raise node.problem(f"{node.title} has {both}; a request has one body")
        step = ScenarioStep(
            line=entries["request"].line,
            user=take(entry("user"), self._known_user, self._users[0]),
            method=method,
            path=path,
            headers=self.faults.each_entry(entry("headers"), self._header),
            form=self.faults.each_entry(entry("form"), lambda _name, each: self._text(each))
            if "form" in entries
            else None,
            json=take(entry("json"), self._json, None),
            body=take(entry("body"), self._text, None),
            files=self.faults.each_entry(entry("files"), self._upload),
            # What an answer holds can be used from the next step on, and in what is expected of this one.
            capture=self._captures(entry("capture")),
            expect=take(entry("expect"), self._expect, None),
            session=take(entry("session"), _yes_or_no, None),
        )
        _with_body(node, step, entries)
        return step

    def _request(self, node: Node) -> tuple[str, str]:
        words = self._text(node).split()
        if len(words) == 1:
            words = ["GET", *words]
        if len(words) != 2:
            raise node.problem(f"{node.title} must be a method and a path, not {quoted(node.text())}")
        method, path = words
        if method not in METHODS:
            raise node.problem(f"{quoted(method)} is no method", f"one of: {listed(METHODS)}")
        if not path.startswith(("/", "${")):
            raise node.problem(f"the path {quoted(path)} must begin with `/`", "the app's host is found out")
        return method, path

    def _known_user(self, node: Node) -> str:
        if node.text() not in self._users:
            hint = did_you_mean(node.text(), self._users) or f"name all of them: `users: [{listed(self._users)}, …]`"
            raise node.problem(f"there is no user {quoted(node.text())}", hint)
        return node.text()

    def _header(self, name: str, node: Node) -> str:
        if not _HEADER.fullmatch(name):
            raise node.problem(f"{quoted(name)} cannot be the name of a header")
        if name.lower() in _NOT_YOURS:
            raise node.problem(f"the header {quoted(name)} is not set by a scenario", _NOT_YOURS[name.lower()])
        if not self._text(node).isascii() or not node.text().isprintable():
            raise node.problem(f"{node.title} must be one line of ASCII")
        return node.text()

    def _text(self, node: Node) -> str:
        """Text whose `${names}` are all known here."""
        if node.value is None:
            return ""
        for escaped, name in USE.findall(node.text()):
            known = (*self._unique, *self._captured)
            if not escaped and name not in known:
                hint = did_you_mean(name, known) or "list it under `unique`, or capture it in an earlier step"
                raise node.problem(f"`${{{name}}}` is not known here", hint)
        return node.text()

    def _texts(self, node: Node) -> tuple[str, ...]:
        """One text, or a list of them."""
        many = node.items() if isinstance(node.value, list) else (node,)
        for each in many:
            if not each.text().strip():
                raise each.problem(f"{each.title} is empty, and every page has that")
        return tuple(self._text(each) for each in many)

    def _json(self, node: Node) -> Any:
        if isinstance(node.value, Mapping):
            return {key: self._json(each) for key, each in node.mapping().items()}
        if isinstance(node.value, list):
            return [self._json(each) for each in node.items()]
        if node.value is None:
            return None
        return _typed(self._text(node)) if node.plain else self._text(node)

    def _upload(self, field: str, node: Node) -> Upload:
        entries = self._known(node, "steps[].files.*")
        given = {key: self._text(entry) for key, entry in entries.items()}
        ways = [key for key in ("content", "picture", "path") if key in given]
        if len(ways) != 1:
            message = f"{node.title} needs one of `content`, `picture` and `path`, and has {listed(ways)}"
            raise node.problem(message, "`picture: ${name}` is the shortest")
        if "picture" in given and not (USE.fullmatch(given["picture"]) and given["picture"][2:-1] in self._unique):
            message = f"{node.title} must carry one unique value, not {quoted(given['picture'])}"
            raise entries["picture"].problem(message, "write `picture: ${name}`, with the name listed under `unique`")
        return Upload(**given)

    def _captures(self, node: Node | None) -> dict[str, Pick]:
        found = self.faults.each_entry(node, self._capture)
        self._captured |= dict.fromkeys(found)
        return found

    def _capture(self, name: str, node: Node) -> Pick:
        if not _NAME.fullmatch(name):
            raise node.problem(f"{quoted(name)} cannot be a name", "use letters, digits and `_`, a letter first")
        if name in self._unique:
            raise node.problem(f"{quoted(name)} is listed under `unique` already")
        entries = self._known(node, "steps[].capture.*")
        kinds = [kind for kind in PickKind if kind in entries]
        if len(kinds) != 1:
            raise node.problem(f"{node.title} needs one of {listed(PickKind)}, and has {listed(kinds)}")
        kind = kinds[0]
        where = entries[kind].text()
        if "attribute" in entries and kind is not PickKind.CSS:
            raise entries["attribute"].problem("`attribute` goes with `css`")
        if fault := _fault_of(kind, where):
            raise entries[kind].problem(f"{entries[kind].title}: {fault}")
        return Pick(kind, where, entries["attribute"].text() if "attribute" in entries else "")

    def _expect(self, node: Node) -> Expect:
        entry = self._known(node, "steps[].expect").get
        take = self.faults.take
        return Expect(
            status=take(entry("status"), _status, None),
            contains=take(entry("contains"), self._texts, ()),
            not_contains=take(entry("not_contains"), self._texts, ()),
            still=take(entry("still"), self._texts, ()),
        )


def _counted(node: Node) -> None:
    if isinstance(node.value, list) and len(node.value) > MAX_STEPS:
        raise node.problem(f"more than {MAX_STEPS} steps", "a plan is played dozens of times")
    if node.value in ([], None):
        raise node.problem("has no step that can be played", "write `- request: GET /`")


def _host(node: Node) -> str | None:
    if not _HOST.fullmatch(node.text()):
        raise node.problem(f"{quoted(node.text())} is no host name", "write `www.example.com`, without a scheme")
    return node.text()


def _user(node: Node) -> str:
    if not _NAME.fullmatch(node.text()):
        raise node.problem(f"{quoted(node.text())} cannot be the name of a user", "write `alice`")
    return node.text()


def _unique(name: str, node: Node) -> Unique:
    if not _NAME.fullmatch(name):
        raise node.problem(f"{quoted(name)} cannot be a name", "use letters, digits and `_`, a letter first")
    if node.text() not in tuple(Unique):
        hint = did_you_mean(node.text(), tuple(Unique)) or f"one of: {listed(Unique)}"
        raise node.problem(f"{node.title} cannot be {quoted(node.text())}", hint)
    return Unique(node.text())


def _with_body(node: Node, step: ScenarioStep, entries: Mapping[str, Node]) -> None:
    sent = [key for key in ("json", "body", "files") if key in entries]
    if step.method in ("GET", "HEAD", "OPTIONS") and sent:
        raise node.problem(f"{node.title} is a {step.method}, and those send no `{sent[0]}`")
    if "json" in entries and step.json is None:
        raise entries["json"].problem(f"{entries['json'].title} is empty", "write `json: {}` for an empty object")


def _status(node: Node) -> int:
    if not re.fullmatch(r"[1-5][0-9]{2}", node.text()):
        raise node.problem(f"{node.title} must be a status from 100 to 599, not {quoted(node.text())}")
    return int(node.text())


def _yes_or_no(node: Node) -> bool:
    if node.text() not in ("true", "false"):
        raise node.problem(f"{node.title} must be `true` or `false`, not {quoted(node.text())}")
    return node.text() == "true"


def _typed(text: str) -> Any:
    """An unquoted value of YAML as JSON would have it; `yes`, `0x1F` and `1_000` stay texts."""
    if text in ("true", "false"):
        return text == "true"
    return json.loads(text) if _JSON_NUMBER.fullmatch(text) else text


def _fault_of(kind: PickKind, where: str) -> str:
    """Why nothing can be found by it; empty when something may be."""
    if not where.strip():
        return "is empty"
    if kind is PickKind.REGEX:
        try:
            re.compile(where)
        except (re.error, RecursionError, OverflowError) as error:
            return f"no regular expression: {error}"
    if kind is PickKind.CSS:
        from selectolax.lexbor import LexborHTMLParser, SelectolaxError  # noqa: PLC0415  a C library

        try:
            LexborHTMLParser("").css_first(where)
        except (SelectolaxError, ValueError) as error:
            return f"no CSS selector: {str(error).rstrip('.').lower()}"
    return ""
