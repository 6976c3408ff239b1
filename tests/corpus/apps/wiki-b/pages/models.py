from django.db import models


class Page(models.Model):
    title = models.CharField(max_length=60, unique=True)
    text = models.TextField(blank=True)
    editor = models.CharField(max_length=40, blank=True)
