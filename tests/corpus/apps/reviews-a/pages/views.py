import random
import uuid

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from .models import Review

PICKS = ["Try the espresso", "Sit by the window", "Ask for the cake"]


class ReviewForm(forms.ModelForm):
    class Meta:
        model = Review
        fields = ["house", "stars", "text"]


def home(request):
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Thank you for the review.")
        return redirect("home")
    seen = {"reviews": Review.objects.all()[:50], "form": form, "now": timezone.now(), "pick": random.choice(PICKS), "ref": uuid.uuid4()}
    return render(request, "home.html", seen)


def review(request, number):
    return render(request, "review.html", {"review": get_object_or_404(Review, pk=number)})


@require_POST
def delete(request, number):
    get_object_or_404(Review, pk=number).delete()
    messages.info(request, "The review is gone.")
    return redirect("home")
