import shelve
import signal
import unicodedata

import redis
import tornado.ioloop
import tornado.options
import tornado.web
from os import environ

tornado.options.define("port", default=8888, type=int)


def sort_key(memo, name):
    if name not in memo:
        memo[name] = unicodedata.normalize("NFKD", name).casefold()
    return memo[name]


class Petition(tornado.web.RequestHandler):
    def initialize(self, db, memo):
        self.db, self.memo = db, memo

    def signatures(self):
        with shelve.open(self.memo) as memo:
            return sorted(self.db.smembers("signatures"), key=lambda name: sort_key(memo, name))

    def get(self):
        names = self.signatures()
        items = "".join("<li>%s</li>" % tornado.escape.xhtml_escape(name) for name in names)
        self.write(
            "<title>Petition</title><h1>More benches in the park!</h1><p>%d signatures</p><ol>%s</ol>"
            "<form method=post><input name=name required placeholder='your name'><input type=submit value=Sign></form>" % (len(names), items)
        )

    def post(self):
        name = self.get_argument("name").strip()[:60]
        self.db.sadd("signatures", name)
        self.redirect("/")


if __name__ == "__main__":
    tornado.options.parse_command_line()
    tools = {"db": redis.from_url(environ["REDIS_URL"], decode_responses=True), "memo": "petition.shelf"}
    tornado.web.Application([("/", Petition, tools)]).listen(tornado.options.options.port)
    loop = tornado.ioloop.IOLoop.current()
    signal.signal(signal.SIGTERM, lambda *_: loop.add_callback_from_signal(loop.stop))
    loop.start()
