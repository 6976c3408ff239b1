from django.urls import path

from . import views

urlpatterns = [
    path("", views.index, name="index"),
    path("<int:number>/", views.show, name="show"),
    path("<int:number>/lock/", views.lock, name="lock"),
    path("<int:number>/save/", views.save, name="save"),
]
