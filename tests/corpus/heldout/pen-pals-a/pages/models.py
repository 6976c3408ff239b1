from django.conf import settings
from django.db import models


class Letter(models.Model):
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    text = models.TextField()
    sent = models.DateTimeField(auto_now_add=True)
