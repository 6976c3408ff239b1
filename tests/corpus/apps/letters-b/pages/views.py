import secrets

from django.core.cache import cache
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from .models import Mail, Subscriber


def home(request):
    if request.method == "POST":
        address = request.POST.get("email", "").strip()[:120]
        token = secrets.token_urlsafe(16)
        cache.set(f"confirm:{token}", address)
        Mail.objects.create(to=address, link=reverse("confirm", args=[token]))
        return redirect("outbox")
    return render(request, "home.html", {"subscribers": Subscriber.objects.order_by("-id")[:30]})


def outbox(request):
    return render(request, "outbox.html", {"mails": Mail.objects.order_by("-id")[:10]})


def confirm(request, token):
    address = cache.get(f"confirm:{token}")
    if address is None:
        return render(request, "expired.html", status=410)
    if request.method == "POST":
        Subscriber.objects.get_or_create(address=address)
        return redirect("home")
    return render(request, "confirm.html", {"address": address})


@require_POST
def leave(request):
    Subscriber.objects.filter(address=request.POST.get("address", "")).delete()
    return redirect("home")
