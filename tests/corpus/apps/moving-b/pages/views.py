from functools import cache

from django import forms
from django.shortcuts import redirect, render

from .models import Offer


class Who(forms.Form):
    name = forms.CharField(max_length=80)


class Where(forms.Form):
    start = forms.CharField(max_length=80)
    goal = forms.CharField(max_length=80)


class What(forms.Form):
    boxes = forms.IntegerField(min_value=1, max_value=500)


STEPS = {1: Who, 2: Where, 3: What}


@cache
def distance(start, goal):
    """In kilometres, give or take."""
    return sum(start.encode()) * 7 % 400 + sum(goal.encode()) * 3 % 300


def home(request):
    return render(request, "home.html", {"offers": Offer.objects.order_by("-id")[:20]})


def step(request, number):
    if number not in STEPS:
        return redirect("home")
    form = STEPS[number](request.POST or None)
    if request.method == "POST" and form.is_valid():
        request.session["wishes"] = {**request.session.get("wishes", {}), **form.cleaned_data}
        return redirect("step", number + 1) if number + 1 in STEPS else redirect("finish")
    return render(request, "step.html", {"form": form, "number": number, "wishes": request.session.get("wishes", {})})


def finish(request):
    wishes = request.session.get("wishes", {})
    if not {"name", "start", "goal", "boxes"} <= set(wishes):
        return redirect("step", 1)
    if request.method == "POST":
        Offer.objects.create(**wishes)
        del request.session["wishes"]
        return redirect("home")
    return render(request, "finish.html", {"wishes": wishes, "km": distance(wishes["start"], wishes["goal"])})
