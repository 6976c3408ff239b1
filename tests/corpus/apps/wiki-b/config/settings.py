import os
from pathlib import Path

from .database import postgres

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-the-build")
ALLOWED_HOSTS = [".herokuapp.com", ".localhost", "127.0.0.1"]
INSTALLED_APPS = ["pages"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]
ROOT_URLCONF = "config.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {"default": postgres(os.environ.get("DATABASE_URL", "postgres://localhost/wiki"))}
LOCKS = BASE_DIR / "locks"
LOGGING = {
    "version": 1,
    "handlers": {"file": {"class": "logging.FileHandler", "filename": BASE_DIR / "wiki.log", "delay": True}},
    "loggers": {"pages": {"handlers": ["file"], "level": "INFO"}},
}
