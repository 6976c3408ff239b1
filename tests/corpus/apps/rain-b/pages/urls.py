from django.urls import path

from . import views

urlpatterns = [path("", views.home, name="home"), path("remove/<int:number>/", views.remove, name="remove")]
