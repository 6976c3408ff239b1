from django.conf import settings
from django.http import Http404
from django.shortcuts import render

from .catalogue import seeds


def home(request):
    all_seeds = seeds(settings.CATALOGUE)
    seen = [all_seeds[number] for number in request.session.get("seen", []) if number in all_seeds]
    return render(request, "home.html", {"seeds": all_seeds, "seen": seen})


def seed(request, number):
    found = seeds(settings.CATALOGUE).get(number)
    if not found:
        raise Http404
    times = request.session.get("times", 0) + 1
    request.session["times"] = times
    request.session["seen"] = [number, *(n for n in request.session.get("seen", []) if n != number)][:3]
    return render(request, "seed.html", {"name": found[0], "text": found[1], "times": times})
