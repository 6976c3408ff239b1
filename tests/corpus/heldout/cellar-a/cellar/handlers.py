from tornado.web import RequestHandler, authenticated

from . import stock


class Guest(RequestHandler):
    def get_current_user(self):
        name = self.get_signed_cookie("guest")
        return name.decode() if name else None


class Cellar(Guest):
    @authenticated
    def get(self):
        self.render("cellar.html", bottles=stock.bottles())

    @authenticated
    def post(self):
        year = self.get_argument("year", "2000")
        stock.lay_down(self.get_argument("label", "")[:80], int(year) if year.isdecimal() else 2000, self.current_user)
        self.redirect("/")


class Enter(Guest):
    def get(self):
        self.render("enter.html")

    def post(self):
        self.set_signed_cookie("guest", self.get_argument("name")[:40], httponly=True)
        self.redirect("/")


class Go(Guest):
    def post(self):
        self.clear_cookie("guest")
        self.redirect("/enter")


ROUTES = [("/", Cellar), ("/enter", Enter), ("/go", Go)]
