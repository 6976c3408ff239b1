"""Which file answers a path: the site's folder, and the rules of its static.json.

static.json has the keys of Heroku's static buildpack: root, clean_urls, error_page, routes, redirects, headers.
"""

import json
import os
import posixpath
import re
import urllib.parse

#: Looked through in this order for an index.html when there is no static.json.
ROOTS = (".", "public", "dist", "build", "public_html")
#: A site whose root is the app's own folder does not show the app's workings.
PRIVATE = {"Procfile", "static.json", "app.json", "package.json", "package-lock.json", "minipaas.yml"}
#: https_only would send a browser away from a platform that speaks http only; proxies need a server of their own.
UNUSED = ("https_only", "proxies", "logging", "encoding", "basic_auth", "canonical_host", "ssl")


class Faulty(Exception):
    """static.json, or the folder, is not a site."""


class Site:
    """The files of a site by URL path. Links that lead out of the root are not followed."""

    def __init__(self, app):
        rules = read_rules(app)
        self.unused = [key for key in UNUSED if key in rules]
        root = os.path.join(app, find_root(app, rules))
        if not os.path.isdir(root):
            raise Faulty(f"there is no folder {os.path.relpath(root, app)}")
        self.root = os.path.realpath(root)
        self.hidden = PRIVATE if self.root == os.path.realpath(app) else set()
        self.clean_urls = rules.get("clean_urls") is True
        self.error_page = rules.get("error_page", "404.html")
        self.routes = patterns(rules, "routes", str)
        self.headers = patterns(rules, "headers", dict)
        self.redirects = mapping(rules, "redirects", dict)

    def redirect(self, path):
        """(URL, status) when static.json, or a folder named without its slash, sends the browser elsewhere."""
        rule = self.redirects.get(path)
        if rule and isinstance(rule.get("url"), str):
            return rule["url"], rule.get("status", 301)
        plain = self.inside(path)
        if plain and not path.endswith("/") and os.path.isfile(os.path.join(plain, "index.html")):
            # Never `//host`, which a browser takes for another site.
            return urllib.parse.quote("/" + path.strip("/")) + "/", 301
        return None

    def file(self, path):
        """The file for a path, None when there is none."""
        plain = self.inside(path)
        if plain is None:
            return None
        candidates = [os.path.join(plain, "index.html") if path.endswith("/") else plain]
        if self.clean_urls and not path.endswith("/"):
            candidates.append(plain + ".html")
        for pattern, target in self.routes:
            if pattern.fullmatch(path):
                candidates.append(os.path.join(self.root, target.lstrip("/")))
                break
        return next((found for found in map(self.checked, candidates) if found), None)

    def not_found(self):
        """The page for what is not there."""
        return self.checked(os.path.join(self.root, str(self.error_page).lstrip("/")))

    def headers_for(self, path):
        """Headers that static.json adds, of every pattern that fits."""
        added = {}
        for pattern, headers in self.headers:
            if pattern.fullmatch(path):
                added.update({str(name): str(value) for name, value in headers.items()})
        return {name: value for name, value in added.items() if not re.search(r"[\r\n]", name + value)}

    def inside(self, path):
        """Where a path is in the root, None for what is never shown: hidden files, and all that leaves the root."""
        if "\0" in path or "\\" in path:
            return None
        parts = [part for part in posixpath.normpath("/" + path).split("/") if part]
        if any(part.startswith(".") and part != ".well-known" for part in parts):
            return None
        if ".." in path.split("/") or (parts and parts[0] in self.hidden):
            return None
        return os.path.join(self.root, *parts)

    def checked(self, file):
        """The real file when it is one, and inside the root."""
        real = os.path.realpath(file)
        return real if real.startswith(os.path.join(self.root, "")) and os.path.isfile(real) else None


def read_rules(app):
    """static.json, {} when there is none."""
    try:
        with open(os.path.join(app, "static.json"), encoding="utf-8") as file:
            rules = json.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise Faulty(f"static.json cannot be read: {error}") from error
    if not isinstance(rules, dict):
        raise Faulty("static.json is no JSON object")
    return rules


def find_root(app, rules):
    """The folder that is served."""
    given = rules.get("root")
    if given is not None:
        if not isinstance(given, str) or os.path.isabs(given) or ".." in given.split("/"):
            raise Faulty('"root" in static.json is no folder of the app')
        return given
    if rules and os.path.isdir(os.path.join(app, "public_html")):
        return "public_html"
    for root in ROOTS:
        if os.path.isfile(os.path.join(app, root, "index.html")):
            return root
    raise Faulty("there is no index.html in " + ", ".join(("the app's root", *ROOTS[1:])))


def mapping(rules, key, kind):
    value = rules.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(item, kind) for item in value.values()):
        raise Faulty(f'"{key}" in static.json is not as Heroku\'s static buildpack wants it')
    return value


def patterns(rules, key, kind):
    """`*` is one part of a path, `**` any number."""
    found = []
    for glob, value in mapping(rules, key, kind).items():
        words = re.split(r"(\*+)", glob if glob.startswith("/") else "/" + glob)
        text = "".join({"": "", "*": "[^/]*"}.get(word, ".*" if word.startswith("*") else re.escape(word)) for word in words)
        found.append((re.compile(text, re.DOTALL), value))
    return found
