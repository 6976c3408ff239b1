from django.urls import path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("step/<int:number>/", views.step, name="step"),
    path("finish/", views.finish, name="finish"),
]
