"""The lines a build prints beside the buildpacks' own, as Heroku prints them. Pure."""

from collections.abc import Callable, Iterable


def saying(output: Callable[[bytes], None]) -> Callable[[str], None]:
    """Says a line where bytes are wanted; a file's odd name comes out as it is on disk."""
    return lambda text: output(text.encode(errors="surrogateescape"))


def step(text: str) -> str:
    """`-----> Step`."""
    return f"-----> {text}\n"


def body(text: str) -> str:
    """A line under a step."""
    return f"       {text}\n"


def problem(text: str) -> str:
    """A line that says something is wrong."""
    return f" !     {text}\n"


def using(names: tuple[str, ...]) -> str:
    """Which buildpacks were asked for; nothing asked for means looking for one that fits."""
    if not names:
        return step("Determining which buildpack to use for this app")
    if len(names) == 1:
        return step(f"Using buildpack: {names[0]}")
    return step("Using buildpacks:") + "".join(body(f"{number}. {name}") for number, name in enumerate(names, 1))


def process_types(declared: Iterable[str], defaults: Iterable[str]) -> str:
    """The `Discovering process types` block; arrows are aligned when there are defaults too."""
    from_file = ", ".join(sorted(declared)) or "(none)"
    added = ", ".join(sorted(defaults))
    if not added:
        return step("Discovering process types") + body(f"Procfile declares types -> {from_file}") + "\n"
    return (
        step("Discovering process types")
        + body(f"Procfile declares types     -> {from_file}")
        + body(f"Default types for buildpack -> {added}")
        + "\n"
    )


def stored(size_bytes: int) -> str:
    """The end of a build. Heroku says `Compressing...`; here a slug stays a folder, and the size is its files'."""
    return step("Storing slug...") + body(f"Done: {size(size_bytes)}")


def size(count: int) -> str:
    """`43.7M`, `12.0K`, as in the last line of a build."""
    for unit, factor in (("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)):
        if count >= factor:
            return f"{count / factor:.1f}{unit}"
    return f"{count}B"
