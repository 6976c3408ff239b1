from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from .views import Letters, Register

urlpatterns = [
    path("", Letters.as_view(), name="letters"),
    path("register/", Register.as_view(), name="register"),
    path("login/", LoginView.as_view(template_name="form.html", extra_context={"title": "Log in"}), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
