"""What an app may be called, and a legal name for any folder."""

import re
import unicodedata
import zlib

from minipaas.errors import UsageProblem

#: Heroku's own rule, save that two characters are enough here; a name is also a DNS label: `NAME.localhost`.
_NAME = re.compile(r"[a-z][a-z0-9-]{0,28}[a-z0-9]")
_HOW = ("amber", "brisk", "calm", "early", "gentle", "hidden", "mild", "noble", "quiet", "rapid")
_WHAT = ("brook", "dune", "fern", "glen", "harbor", "lake", "meadow", "ridge", "river", "vale")
RULE = "2 to 30 of a-z, 0-9 and dashes, a letter first and no dash last"


def is_app_name(text: str) -> bool:
    """Whether an app may be called so."""
    return _NAME.fullmatch(text) is not None


def check_new_name(name: str) -> None:
    """See that a new app may be called so.

    Raises:
        UsageProblem: it may not; in the Platform API's own words.
    """
    if len(name) < 3:
        raise UsageProblem("Name is too short (minimum is 3 characters)")
    if len(name) > 30:
        raise UsageProblem("Name is too long (maximum is 30 characters)")
    if not is_app_name(name):
        raise UsageProblem(
            "Name must start with a letter, end with a letter or digit and can only contain lowercase letters,"
            " digits, and dashes."
        )


def app_name_from(folder_name: str) -> str:
    """A legal app name, always the same for the same folder name: `My Shop` gives `my-shop`.

    A name with no Latin letter or digit at all becomes `app-` and a checksum, so that two of them differ.
    """
    plain = unicodedata.normalize("NFKD", folder_name).encode("ascii", "ignore").decode("ascii")
    name = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if not name:
        return f"app-{zlib.crc32(folder_name.encode('utf-8', 'surrogatepass')):08x}"
    if not name[0].isalpha() or len(name) < 2:
        name = f"app-{name}"
    return name[:30].rstrip("-")


#: How many names `made_up_name` knows.
MADE_UP = len(_HOW) * len(_WHAT) * 90_000


def made_up_name(number: int) -> str:
    """A name like Heroku's, `quiet-river-12345`: each number below `MADE_UP` has its own."""
    how, rest = divmod(number % MADE_UP, len(_WHAT) * 90_000)
    what, digits = divmod(rest, 90_000)
    return f"{_HOW[how]}-{_WHAT[what]}-{10_000 + digits}"
