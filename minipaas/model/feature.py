"""What an app can have switched on (`minipaas features`). Toggling makes no release and restarts nothing."""

from minipaas.errors import NotFound
from minipaas.frozen import frozen


@frozen
class Feature:
    """One switch. `sizes` names the dyno sizes that the web dynos must have for it, in lower case; empty: any."""

    name: str
    title: str
    description: str
    doc_url: str
    sizes: tuple[str, ...] = ()


PREBOOT = Feature(
    "preboot",
    "Preboot",
    "New web dynos get the traffic only after they are up, and the old ones stop after that.",
    "https://devcenter.heroku.com/articles/preboot",
    ("standard-1x", "standard-2x", "performance-m", "performance-l"),
)
RUNTIME_METRICS = Feature(
    "log-runtime-metrics",
    "Log runtime metrics",
    "Each dyno's load and memory show in the app's log every 20 seconds.",
    "https://devcenter.heroku.com/articles/log-runtime-metrics",
)
FEATURES = (PREBOOT, RUNTIME_METRICS)


def feature_named(name: str) -> Feature:
    """The feature.

    Raises:
        NotFound: there is none of that name.
    """
    for each in FEATURES:
        if each.name == name:
            return each
    raise NotFound(f"there is no feature {name}", f"features: {', '.join(each.name for each in FEATURES)}")
