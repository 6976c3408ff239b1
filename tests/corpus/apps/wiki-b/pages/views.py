import logging

from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from . import locks
from .models import Page

log = logging.getLogger(__name__)


def index(request):
    if request.method == "POST" and request.POST.get("title", "").strip():
        page, _ = Page.objects.get_or_create(title=request.POST["title"].strip()[:60])
        log.info("opened %s", page.title)
        return redirect("show", page.pk)
    pages = [(page, locks.holder(page)) for page in Page.objects.order_by("title")]
    return render(request, "index.html", {"pages": pages})


def show(request, number):
    page = get_object_or_404(Page, pk=number)
    return render(request, "page.html", {"page": page, "holder": locks.holder(page)})


@require_POST
def lock(request, number):
    page = get_object_or_404(Page, pk=number)
    if locks.holder(page):
        return render(request, "page.html", {"page": page, "holder": locks.holder(page)}, status=409)
    locks.take(page, request.POST.get("name", "").strip()[:40] or "somebody")
    return redirect("show", number)


@require_POST
def save(request, number):
    page = get_object_or_404(Page, pk=number)
    page.text = request.POST.get("text", "")
    page.save(update_fields=["text"])
    locks.release(page)
    log.info("saved %s", page.title)
    return redirect("show", number)
