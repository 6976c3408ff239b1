"""Which apps use which, and what follows for judging them. Pure."""

from collections.abc import Mapping, Sequence

#: App to the apps whose URL it is given; each of them is a key too.
Uses = Mapping[str, Sequence[str]]


def needed(app: str, uses: Uses) -> tuple[str, ...]:
    """The app and all that it uses, at any remove; the app first."""
    found = [app]
    for each in found:
        found += [used for used in uses.get(each, ()) if used not in found]
    return tuple(found)


def levels(apps: Sequence[str], uses: Uses) -> tuple[tuple[str, ...], ...]:
    """The order of starting: what is used comes before who uses it; those that use each other come together."""
    left, ordered = list(apps), list[tuple[str, ...]]()
    while left:
        ready = [app for app in left if not set(uses.get(app, ())) & (set(left) - {app})]
        ordered.append(tuple(ready or left))
        left = [app for app in left if app not in ordered[-1]]
    return tuple(ordered)


def entrances(app: str, uses: Uses) -> tuple[str, ...]:
    """Where users may come in to reach the app: fronts that lead to it, and its own pages last."""
    users = [each for each in uses if each != app and app in needed(each, uses)]
    fronts = [each for each in users if each in fronts_of(uses)]
    direct = [each for each in users if app in uses[each]]
    return (*(fronts or direct), app)


def fronts_of(uses: Uses) -> tuple[str, ...]:
    """The apps that no other uses."""
    used = {each for user, all_used in uses.items() for each in all_used if each != user}
    return tuple(app for app in uses if app not in used)


def families(uses: Uses) -> tuple[tuple[str, ...], ...]:
    """Apps that know each other, directly or by others, together; all in their order."""
    found: list[set[str]] = []
    for app in uses:
        mine = {app, *needed(app, uses)}
        joined = [family for family in found if family & mine]
        found = [family for family in found if not family & mine] + [mine.union(*joined)]
    order = list(uses)
    return tuple(
        sorted((tuple(app for app in order if app in family) for family in found), key=lambda f: order.index(f[0]))
    )
