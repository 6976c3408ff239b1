"""The floors of ARCHITECTURE.md hold: a file imports only from floors below its own."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "minipaas"

#: From the ground up. Packages on one floor do not know each other; they meet one floor up.
FLOORS = (
    ("frozen",),
    ("errors", "limits", "clock"),
    ("model",),
    ("parse", "rules"),
    ("report",),
    ("runtime", "store"),
    ("build", "formation", "router", "logplex", "addons"),
    ("control",),
    ("api",),
    ("daemon", "chaos"),
    ("cli",),
)
FLOOR_OF = {name: floor for floor, names in enumerate(FLOORS) for name in names}

#: Pure files: data in, data out. They may not reach the machine.
PURE = (
    "model",
    "parse",
    "formation/machine",
    "formation/backoff",
    "formation/words",
    "api/frames",
    "logplex/packet",
    "chaos/record",
    "router/wire",
    "router/chunked",
    "router/head",
    "router/tape",
    "router/har_entry",
    "chaos/picks",
    "chaos/lines",
    "chaos/scripts",
    "chaos/fetches",
    "chaos/expectation",
    "chaos/loss",
    "chaos/strikes",
    "chaos/unsteady",
    "chaos/scenario_plan",
    "chaos/recording",
    "chaos/typed",
    "chaos/relations",
    "chaos/reach",
    "chaos/live_tally",
    "runtime/swarm/node",
    "runtime/swarm/task",
    "runtime/swarm/service",
    "runtime/swarm/logstream",
    "runtime/swarm/localnames",
    "runtime/docker/stackparts",
)
IMPURE_MODULES = {
    "asyncio",
    "subprocess",
    "socket",
    "docker",
    "click",
    "rich",
    "psutil",
    "aiohttp",
    "time",
    "random",
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> list[tuple[int, str]]:
    """(line, dotted name) of every import in a file, late ones too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            found.append((node.lineno, node.module))
    return found


def room(path: Path) -> str:
    """The floor's name a file belongs to: its package, or its own name at the top."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_file_imports_only_from_floors_below(path: Path) -> None:
    own = room(path)
    if own in ("__init__", "__main__"):
        return
    assert own in FLOOR_OF, f"{path}: give {own} a floor in {__file__}"
    for line, name in imports_of(path):
        parts = name.split(".")
        if parts[0] != "minipaas" or len(parts) == 1:
            continue
        if parts[1] != own:
            assert FLOOR_OF[parts[1]] < FLOOR_OF[own], f"{path}:{line}: {own} must not know {parts[1]}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_the_middle_is_pure(path: Path) -> None:
    name = str(path.relative_to(PACKAGE).with_suffix(""))
    if not name.startswith(PURE):
        return
    for line, module in imports_of(path):
        assert module.split(".")[0] not in IMPURE_MODULES, f"{path}:{line}: a pure file imports {module}"


def test_no_circle_inside_a_package() -> None:
    graph = {
        ".".join(("minipaas", *path.relative_to(PACKAGE).with_suffix("").parts)): {
            name for _, name in imports_of(path) if name.startswith("minipaas.")
        }
        for path in modules()
    }
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail, module))
        if module in done:
            return
        for target in graph.get(module, ()):
            visit(target, (*trail, module))
        done.add(module)

    for module in graph:
        visit(module, ())
