from django.urls import path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("outbox/", views.outbox, name="outbox"),
    path("confirm/<str:token>/", views.confirm, name="confirm"),
    path("leave/", views.leave, name="leave"),
]
