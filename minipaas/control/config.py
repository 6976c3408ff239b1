"""Which config vars an app runs with, and how many dynos of each type. Pure but for the secret source handed in."""

from collections.abc import Callable, Collection, Iterable, Mapping

from minipaas.errors import FileProblem
from minipaas.model.app import AppJson, FormationEntry, Procfile
from minipaas.model.record import AppRecord
from minipaas.model.release import Slug
from minipaas.parse.scale import ScaleChange, apply

#: Run once in a dyno of its own for each release, never as part of the formation.
RELEASE_TYPE = "release"


def compose_config(
    current: Mapping[str, str],
    app_json: AppJson,
    given: Iterable[Mapping[str, str]],
    make_secret: Callable[[str], str],
    held: Collection[str] = (),
) -> dict[str, str]:
    """What is set already, under app.json's defaults, under what was given (`.env`, `minipaas.yml`), last wins.

    Args:
        make_secret: gets a config var's name; its value where app.json says `generator: secret`.
        held: names that a command set or unset, which only `current` decides about.

    Raises:
        FileProblem: app.json requires a config var that nobody sets.
    """
    config = dict(current)
    wanted = {key: value for each in given for key, value in each.items() if key not in held}
    missing = []
    for key, wish in app_json.env.items():
        if key in wanted or key in config or key in held:
            continue
        if wish.generator == "secret":
            config[key] = make_secret(key)
        elif wish.value is not None:
            config[key] = wish.value
        elif wish.required:
            missing.append(key)
    if missing:
        raise FileProblem(
            "app.json", None, f"requires config vars that are not set: {', '.join(missing)}", "set them in .env"
        )
    return {**config, **wanted}


def describe_change(before: Mapping[str, str], after: Mapping[str, str]) -> str | None:
    """`Set A, B config vars`, as a release is described; None when nothing changed."""
    changed = [key for key in after if before.get(key) != after[key]]
    removed = [key for key in before if key not in after]
    if changed and removed:
        return f"Set {', '.join(changed)}, remove {', '.join(removed)} config vars"
    if changed:
        return f"Set {', '.join(changed)} config vars"
    return f"Remove {', '.join(removed)} config vars" if removed else None


def outdone(given: Iterable[Mapping[str, str]], record: AppRecord) -> list[str]:
    """Warnings about config vars that a file gives and a command has set to something else, or unset."""
    names = {
        name: name in record.config
        for each in given
        for name, value in each.items()
        if name in record.held and record.config.get(name) != value
    }
    return [
        f"{name} was {'set' if is_set else 'unset'} by command, the value given in a file is not used;"
        f" `minipaas config:set {name}=...` changes it"
        for name, is_set in names.items()
    ]


def compose_formation(
    slug: Slug,
    current: Mapping[str, FormationEntry],
    app_json: AppJson,
    given: Mapping[str, FormationEntry],
) -> dict[str, FormationEntry]:
    """Quantity and size of each process type of the slug.

    What was scaled before stays; before that stands what app.json says; else one dyno of each type the Procfile
    declares and of `web`, none of a buildpack's other default types (heroku.md 1.3: console, rake) and of `mcp…`.
    `given` goes before all of them.

    Raises:
        UsageProblem: a type that the app does not have, or more dynos than one app may have.
    """
    standing = {
        type_: current.get(type_)
        or app_json.formation.get(type_)
        or FormationEntry(0 if _at_rest(type_, slug) else 1)
        for type_ in slug.process_types
        if type_ != RELEASE_TYPE
    }
    return apply(standing, _as_changes(given))


def check_types(procfile: Procfile, given: Mapping[str, FormationEntry]) -> None:
    """Before a build whose buildpacks add no process type but `web`: refuse what `compose_formation` will refuse.

    Raises:
        UsageProblem: as there.
    """
    known = [type_ for type_ in dict.fromkeys((*procfile.types, "web")) if type_ != RELEASE_TYPE]
    apply(dict.fromkeys(known, FormationEntry(0)), _as_changes(given))


def _as_changes(given: Mapping[str, FormationEntry]) -> list[ScaleChange]:
    return [ScaleChange(type_, quantity=entry.quantity, size=entry.size) for type_, entry in given.items()]


def _at_rest(type_: str, slug: Slug) -> bool:
    """Heroku runs MCP servers (`mcp…`) one at a time when a model calls: they read stdin, and end when it does."""
    return type_.startswith("mcp") or (type_ in slug.default_types and type_ != "web")
