import base64, hashlib, hmac, json, os, signal, socketserver, threading
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl
from html import escape

KEY = os.environ["SCORE_KEY"].encode()


def pack(card):
    raw = base64.urlsafe_b64encode(json.dumps(card).encode()).decode()
    return raw + "~" + hmac.new(KEY, raw.encode(), hashlib.sha1).hexdigest()


def unpack(text):
    raw, _, mac = text.partition("~")
    if not hmac.compare_digest(mac, hmac.new(KEY, raw.encode(), hashlib.sha1).hexdigest()):
        return {"player": "", "frames": []}
    return json.loads(base64.urlsafe_b64decode(raw))


class Alley(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def card(self):
        jar = SimpleCookie(self.headers.get("Cookie", ""))
        return unpack(jar["card"].value if "card" in jar else "")

    def reply(self, code, body="", **headers):
        data = body.encode()
        self.send_response(code)
        for name, value in {"Content-Type": "text/html; charset=utf-8", "Content-Length": len(data), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        card = self.card
        total = sum(frame["pins"] for frame in card["frames"])
        rows = "".join(f"<tr><td>{i}<td>{frame['pins']}<td>{escape(frame['note'])}" for i, frame in enumerate(card["frames"], 1))
        self.reply(200, f"""<!doctype html><title>Alley</title><h1>{escape(card["player"] or "Nobody")}: {total} pins</h1><table>{rows}</table>
<form method=post action=/player><input name=player required><button>My name</button></form>
<form method=post action=/frame><input name=pins type=number min=0 max=10 value=7><input name=note><button>Roll</button></form>""")

    def do_POST(self):
        form = dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()))
        card = self.card
        if self.path == "/player":
            card["player"] = form.get("player", "")[:30]
        else:
            card["frames"] = [*card["frames"], {"pins": int(form.get("pins", 0)), "note": form.get("note", "")[:30]}][-10:]
        self.reply(303, Location="/", Set_Cookie=f"card={pack(card)}; Path=/; HttpOnly")


class Server(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = True


server = Server(("0.0.0.0", int(os.environ.get("PORT", 8000))), Alley)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
