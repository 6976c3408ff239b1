import os

from .database import postgres

SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-the-build")
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.sessions", "pages"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "config.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {"default": postgres(os.environ.get("DATABASE_URL", "postgres://localhost/moving"))}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
SESSION_COOKIE_HTTPONLY = True
