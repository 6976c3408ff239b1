"""Reads the gauges every two seconds (these have wet dreams of their own)."""
import random
import threading
import time

from django.conf import settings
from django.db import close_old_connections
from django.db.models import F

from .models import Gauge


def read():
    Gauge.objects.update(readings=F("readings") + 1, millimetres=F("millimetres") + random.random())


def read_for_ever():
    while True:
        time.sleep(2)
        try:
            close_old_connections()
            read()
        except Exception as error:
            print(f"gauges: {error}", flush=True)


def start(process):
    if process == settings.READER:
        threading.Thread(target=read_for_ever, daemon=True).start()
