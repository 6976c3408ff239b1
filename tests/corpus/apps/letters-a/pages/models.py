from django.db import models


class Subscriber(models.Model):
    address = models.CharField(max_length=120, unique=True)


class Mail(models.Model):
    """Mail as it would be sent; this site shows it instead."""

    to = models.CharField(max_length=120)
    link = models.CharField(max_length=200)
