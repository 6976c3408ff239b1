import os
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import path
from django.utils.html import escape
settings.configure(SECRET_KEY=os.environ["SECRET_KEY"], ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], USE_TZ=True,
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
)
GOODS = {"7": "Teapot", "8": "Kettle", "9": "Cup"}
def page(request, body):
    return HttpResponse(f"<!doctype html><title>Tea things</title><a href='/'>Shop</a> <a href='/basket'>Basket</a>{body}")
def front(request):
    t = get_token(request)
    return page(request, "".join(f"<section><h3>{g}</h3><form method=post action='/basket/{i}'><input type=hidden name=csrfmiddlewaretoken value={t}><button>Into the basket</button></form></section>" for i, g in GOODS.items()))
def put(request, what):
    basket = request.session.get("basket", [])
    if request.method == "POST" and str(what) in GOODS:
        request.session["basket"] = [*basket, str(what)]
    return HttpResponseRedirect("/basket")
def basket(request):
    things = request.session.get("basket", [])
    rows = "".join(f"<li>{escape(GOODS[i])}</li>" for i in things)
    return page(request, f"<h1>Basket ({len(things)})</h1><ul>{rows or '<li>nothing yet</li>'}</ul>")
urlpatterns = [path("", front), path("basket", basket), path("basket/<int:what>", put)]
application = get_wsgi_application()
