from django.urls import path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("reviews/<int:number>/", views.review, name="review"),
    path("reviews/<int:number>/delete/", views.delete, name="delete"),
]
