from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from .models import Gauge


def home(request):
    if request.method == "POST":
        Gauge.objects.get_or_create(place=request.POST.get("place", "")[:60])
        return redirect("home")
    return render(request, "home.html", {"gauges": Gauge.objects.order_by("place")})


@require_POST
def remove(request, number):
    Gauge.objects.filter(pk=number).delete()
    return redirect("home")
