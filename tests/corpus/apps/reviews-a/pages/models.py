from django.db import models


class Review(models.Model):
    house = models.CharField(max_length=80)
    stars = models.PositiveSmallIntegerField(default=3)
    text = models.TextField(blank=True)
    written = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-written"]
