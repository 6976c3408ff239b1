"""What containers and images of ours are marked with, so that whoever comes later knows whose they are."""

#: What it is: `dyno` or `maker` (a container), `slug` (an image).
KIND = "minipaas.kind"
#: The home folder it belongs to, by `home_id`. Two platforms on one engine go by this.
HOME = "minipaas.home"
#: The run of the platform that made it: what carries another run is a leftover.
RUN = "minipaas.run"
#: The launch's id.
DYNO = "minipaas.dyno"
#: The folder a slug image was made of; once it is gone nobody needs the image.
SOURCE = "minipaas.source"
#: The id of the stack's image below it; once that has lost its name, another has taken its place.
STACK = "minipaas.stack"


def container_labels(kind: str, home: str, run: str, dyno: str = "") -> dict[str, str]:
    """Labels of one container."""
    return {KIND: kind, HOME: home, RUN: run, DYNO: dyno}


def of_home(home: str) -> dict[str, list[str]]:
    """The engine's filter for everything of a home."""
    return {"label": [f"{HOME}={home}"]}


def of_kind(kind: str) -> dict[str, list[str]]:
    """The engine's filter for everything of a kind, whosesoever."""
    return {"label": [f"{KIND}={kind}"]}
