"""Who is editing which page."""
from django.conf import settings


def holder(page):
    path = settings.LOCKS / f"{page.pk}.lock"
    return path.read_text() if path.exists() else ""


def take(page, name):
    settings.LOCKS.mkdir(exist_ok=True)
    (settings.LOCKS / f"{page.pk}.lock").write_text(name)


def release(page):
    (settings.LOCKS / f"{page.pk}.lock").unlink(missing_ok=True)
