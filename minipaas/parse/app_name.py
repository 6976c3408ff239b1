"""What an app may be called, and a legal name for any folder."""

import re
import unicodedata
import zlib

#: Heroku's own rule, save that two characters are enough here; a name is also a DNS label: `NAME.localhost`.
_NAME = re.compile(r"[a-z][a-z0-9-]{0,28}[a-z0-9]")
RULE = "2 to 30 of a-z, 0-9 and dashes, a letter first and no dash last"


def is_app_name(text: str) -> bool:
    """Whether an app may be called so."""
    return _NAME.fullmatch(text) is not None


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
