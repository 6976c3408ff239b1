"""Prints a digest of a requirements file with all that it includes, and `local` if it names a folder of the app.

usage: requirements.py FILE
"""

import hashlib
import os
import re
import sys

INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)[\s=]*(\S.*)")
LOCAL = re.compile(r"(?:(?:-e|--editable)[\s=]*)?(?:\.{1,2}(?:[/\[\s;#]|$)|file:|(?:\S+\s*@\s*file:)|[^\s:#@]+/)")


def read(path, seen, digest):
    """Feed a file and its includes to the digest; true when a line names a local folder."""
    path = os.path.normpath(path)
    if path in seen:
        return False
    seen.add(path)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return False
    digest.update(path.encode() + b"\0" + data + b"\0")
    local = False
    for line in data.decode(errors="replace").replace("\\\n", " ").splitlines():
        line = line.strip()
        found = INCLUDE.match(line)
        if found:
            named = found[1].split(" #")[0].strip().strip("\"'")
            local |= read(os.path.join(os.path.dirname(path), named), seen, digest)
        elif LOCAL.match(line):
            local = True
    return local


def main():
    digest = hashlib.sha256()
    local = read(sys.argv[1], set(), digest)
    print(digest.hexdigest(), "local" if local else "")


main()
