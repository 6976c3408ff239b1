from django.db import models


class Find(models.Model):
    word = models.CharField(max_length=40)
    finder = models.CharField(max_length=40)
