from django.db import models


class Offer(models.Model):
    name = models.CharField(max_length=80)
    start = models.CharField(max_length=80)
    goal = models.CharField(max_length=80)
    boxes = models.PositiveIntegerField()
