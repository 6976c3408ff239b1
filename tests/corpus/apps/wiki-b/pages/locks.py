"""Who is editing which page."""
from django.conf import settings


def holder(page):
    return page.editor


def take(page, name):
    page.editor = name
    page.save(update_fields=["editor"])


def release(page):
    page.editor = ""
    page.save(update_fields=["editor"])
