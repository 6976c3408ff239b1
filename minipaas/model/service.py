"""The kinds of add-ons there are, and which config vars an attachment of each sets. Pure."""

import re
from dataclasses import dataclass

from minipaas.errors import UsageProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One kind of add-on.

    `word` begins the names of its add-ons. `plans` are the usual ones, the default first. `first` is the attachment
    of an app's first one; `coloured` begins the attachments of later ones, of which the first has one too where
    `always_coloured`. An attachment NAME sets a config var `NAME_KEY` for each of `keys`, except that the first one's
    are called `first_variables`, where there are some. `process` is who speaks in the app's log:
    `app[heroku-postgres]`.
    """

    name: str
    aliases: tuple[str, ...]
    label: str
    word: str
    plans: tuple[str, ...]
    first: str
    coloured: str
    always_coloured: bool
    process: str
    keys: tuple[str, ...] = ("URL",)
    first_variables: tuple[str, ...] = ()

    @property
    def plan(self) -> str:
        """The one meant where none is named."""
        return self.plans[0]

    def variables(self, attachment: str) -> tuple[str, ...]:
        """The config vars of an attachment, in the order of `keys`."""
        if attachment == self.first and self.first_variables:
            return self.first_variables
        return tuple(f"{attachment}_{key}" for key in self.keys)


POSTGRESQL = Service(
    name="heroku-postgresql",
    aliases=("postgresql", "postgres", "heroku-postgres"),
    label="Heroku Postgres",
    word="postgresql",
    plans=("essential-0", "essential-1", "essential-2", "standard-0", "premium-0"),
    first="DATABASE",
    coloured="HEROKU_POSTGRESQL",
    always_coloured=True,
    process="heroku-postgres",
)
REDIS = Service(
    name="heroku-redis",
    aliases=("redis", "heroku-key-value-store", "key-value-store"),
    label="Heroku Key-Value Store",
    word="redis",
    plans=("mini", "premium-0"),
    first="REDIS",
    coloured="HEROKU_REDIS",
    always_coloured=False,
    process="heroku-redis",
)
#: As SDKs read them, boto3 the region by its older name.
_S3 = (
    "BUCKET_NAME",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_S3",
)
BUCKET = Service(
    name="bucket",
    aliases=("s3", "bucketeer"),
    label="Bucket (S3)",
    word="bucket",
    plans=("basic",),
    first="BUCKET",
    coloured="BUCKET",
    always_coloured=False,
    process="bucket",
    keys=("URL", *_S3),
    first_variables=("BUCKET_URL", *_S3),
)
SERVICES = (POSTGRESQL, REDIS, BUCKET)

_PLAN = re.compile(r"[a-z0-9][a-z0-9_.-]*")


def service_named(name: str) -> Service:
    """A service by its name or an alias, in any case.

    Raises:
        UsageProblem: there is none; the hint names those there are.
    """
    wanted = name.strip().lower()
    for service in SERVICES:
        if wanted in (service.name, *service.aliases):
            return service
    known = ", ".join(service.name for service in SERVICES)
    raise UsageProblem(f"there is no add-on service `{name.strip()}` here", f"there are {known}")


def parse_plan(text: str) -> tuple[Service, str]:
    """`heroku-postgresql:mini`, or the service alone, to the service and its plan.

    Raises:
        UsageProblem: no such service, or the plan is no word.
    """
    name, colon, plan = text.partition(":")
    service = service_named(name)
    plan = plan.strip().lower() if colon else service.plan
    if not _PLAN.fullmatch(plan):
        raise UsageProblem(f"`{text}` names no plan of {service.name}", f"write `{service.name}:{service.plan}`")
    return service, plan
