"""Stockkarten: Was an welchem Bienenstock gesehen wurde."""
import asyncio
import json
import os
import signal

import redis
import tornado.web

SORTEN = ["Schwarm", "Honig", "Varroa", "Futter"]


class Karten:
    """Eine Karte je Durchsicht, die neueste zuerst."""

    def __init__(self, url):
        self.redis = redis.from_url(url, decode_responses=True)
        self.liste = []

    def alle(self):
        return [json.loads(zeile) for zeile in self.redis.lrange("karten", 0, -1)]

    def neu(self, karte):
        self.redis.lpush("karten", json.dumps(karte))

    def gesund(self):
        return self.redis.ping()


class Basis(tornado.web.RequestHandler):
    def prepare(self):
        self.application.anfragen += 1

    def get_template_namespace(self):
        return {**super().get_template_namespace(), "sorten": SORTEN}


class Uebersicht(Basis):
    def get(self):
        self.render("uebersicht.html", karten=self.application.karten.alle())

    def post(self):
        felder = {name: self.get_body_argument(name, "")[:80] for name in ("stock", "sorte", "bemerkung")}
        self.application.karten.neu(felder)
        self.redirect(self.reverse_url("stock", felder["stock"] or "ohne"), status=303)


class Stock(Basis):
    def get(self, name):
        self.render("stock.html", name=name, karten=[k for k in self.application.karten.alle() if (k["stock"] or "ohne") == name])


class Lage(Basis):
    def get(self):
        self.write({"anfragen": self.application.anfragen, "pid": os.getpid(), "redis": self.application.karten.gesund()})


class Imkerei(tornado.web.Application):
    anfragen = 0

    def __init__(self):
        routen = [
            tornado.web.url(r"/", Uebersicht),
            tornado.web.url(r"/stock/([^/]+)", Stock, name="stock"),
            tornado.web.url(r"/lage", Lage),
        ]
        super().__init__(routen, template_path="vorlagen", xsrf_cookies=True, cookie_secret=os.environ["COOKIE_SECRET"])
        self.karten = Karten(os.environ["REDIS_URL"])


async def main():
    Imkerei().listen(int(os.environ.get("PORT", "8888")))
    ende = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ende.set)
    await ende.wait()


asyncio.run(main())
