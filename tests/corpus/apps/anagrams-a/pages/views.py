from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from .models import Find
from .words import anagrams


def home(request):
    word = request.GET.get("word", "night")[:12]
    return render(request, "home.html", {"word": word, "found": anagrams(word), "finds": Find.objects.order_by("-id")[:20]})


@require_POST
def find(request):
    Find.objects.create(word=request.POST.get("word", "")[:40], finder=request.POST.get("finder", "")[:40])
    return redirect("home")
