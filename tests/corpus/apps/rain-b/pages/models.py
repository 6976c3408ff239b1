from django.db import models


class Gauge(models.Model):
    place = models.CharField(max_length=60, unique=True)
    readings = models.PositiveIntegerField(default=0)
    millimetres = models.FloatField(default=0)
