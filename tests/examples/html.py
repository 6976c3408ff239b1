"""A strict look at a page: every tag closed, every field labelled, every link inside the app."""

from html.parser import HTMLParser

VOID = {"input", "link", "meta", "br", "hr", "img"}
FIELDS = {"input", "select", "textarea"}


class Page(HTMLParser):
    """The faults of a page, and its links and forms."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.links: list[str] = []
        self.forms: list[str] = []
        self.ids: set[str] = set()
        if not text.lower().startswith("<!doctype html>"):
            self.faults.append("no doctype")
        self.feed(text)
        self.close()
        self.faults += [f"never closed: {tag}" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.open.append(tag)
        self._note(tag, given)
        if len(given) < len(attrs):
            self.faults.append(f"{tag} has an attribute twice")
        if tag in FIELDS and given.get("type") != "hidden" and "label" not in self.open and "aria-label" not in given:
            self.faults.append(f"{tag} without a label: {given}")
        if given.get("id", "") in self.ids:
            self.faults.append(f"id twice: {given['id']}")
        self.ids |= {given["id"]} if "id" in given else set()

    def _note(self, tag: str, given: dict[str, str]) -> None:
        if tag == "a":
            self.links.append(given.get("href", ""))
        if tag == "form":
            self.forms.append(given.get("action", ""))
        if tag in {"img", "script", "link", "iframe"}:
            source = given.get("src") or given.get("href") or ""
            if source and not source.startswith("data:"):
                self.faults.append(f"{tag} fetches {source}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"closed out of turn: {tag}")
