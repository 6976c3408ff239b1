"""Makes a venv work wherever its folder stands: the slug runs from another path than it was built at.

usage: relocate.py VENV BUILD_DIR

Scripts find the interpreter beside themselves. Paths into BUILD_DIR, which editable installs leave in site-packages,
become relative to the file they stand in.
"""

import os
import py_compile
import re
import sys

HEAD = b"""#!/bin/sh
''':'
p="${0%/*}/python"; [ -x "$p" ] || p="$(dirname "$(realpath "$0")")/python"; exec "$p" "$0" "$@"
' '''
"""
#: pip writes the second form where the path has a blank or is longer than the kernel takes.
SHEBANG = re.compile(
    rb"#![^\n]*/bin/python[0-9.]*[ \t]*\r?\n"
    rb"|#!/bin/sh\n'''exec' [^\n]*/python[0-9.]*[\"']? [^\n]*\n' '''\n"
)


def relocate_scripts(folder):
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name.lower().startswith("activate"):
            os.unlink(path)
        elif os.path.isfile(path) and not os.path.islink(path):
            with open(path, "rb") as file:
                data = file.read()
            found = SHEBANG.match(data)
            if found:
                write(path, HEAD + data[found.end() :])


def relocate_links(site, build):
    """`.pth` lines are relative to site-packages; finders of editable installs hold paths as literals."""
    up = os.path.relpath(build, site)
    inside = re.compile(r"(?m)^" + re.escape(build) + r"(?=/|$)")
    literal = re.compile(r"(['\"])" + re.escape(build) + r"(/[^'\"\n]*)?\1")
    here = f"__import__('os').path.abspath(__file__ + '/../{up}')"
    for name in os.listdir(site):
        path = os.path.join(site, name)
        if name.endswith(".pth"):
            edit(path, lambda text: inside.sub(up, text))
        elif name.startswith("__editable__") and name.endswith(".py"):
            if edit(path, lambda text: literal.sub(lambda found: f"({here} + {found[2] or ''!r})", text)):
                py_compile.compile(path, quiet=2)  # else each dyno would do it again at its start


def edit(path, change):
    """True when there was something to change."""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        text = file.read()
    changed = change(text)
    if changed == text:
        return False
    write(path, changed.encode("utf-8", "surrogateescape"))
    return True


def write(path, data):
    """A new file beside the old one: the old may share its inode with a cache."""
    mode = os.stat(path).st_mode
    new = path + ".new"
    with open(new, "wb") as file:
        file.write(data)
    os.chmod(new, mode)
    os.replace(new, path)


def main():
    venv, build = (os.path.realpath(path) for path in sys.argv[1:3])
    relocate_scripts(os.path.join(venv, "bin"))
    libraries = os.path.join(venv, "lib")
    for name in os.listdir(libraries):
        site = os.path.join(libraries, name, "site-packages")
        if os.path.isdir(site):
            relocate_links(site, build)


main()
