from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.mixins import LoginRequiredMixin
from django.urls import reverse_lazy
from django.views.generic import CreateView

from .models import Letter


class Register(CreateView):
    form_class = UserCreationForm
    template_name = "form.html"
    success_url = reverse_lazy("login")
    extra_context = {"title": "Register"}


class Letters(LoginRequiredMixin, CreateView):
    model = Letter
    fields = ["text"]
    template_name = "letters.html"
    success_url = reverse_lazy("letters")
    extra_context = {"letters": Letter.objects.select_related("author").order_by("-sent")}

    def form_valid(self, form):
        form.instance.author = self.request.user
        return super().form_valid(form)
