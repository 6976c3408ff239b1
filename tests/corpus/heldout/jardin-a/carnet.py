"""Le carnet du jardin : ce qu'on y a semé."""
import html
import os
import pathlib
import pickle
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import redis

FICHIER = pathlib.Path.home() / "carnet.pickle"
PID = pathlib.Path.home() / "carnet.pid"
base = redis.from_url(os.environ["REDIS_URL"])
verrou = threading.Lock()


def lire():
    return pickle.loads(FICHIER.read_bytes()) if FICHIER.exists() else []


def ecrire(lignes):
    FICHIER.write_bytes(pickle.dumps(lignes))


class Carnet(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/":
            return self.envoyer(404, "<h1>Rien ici</h1>")
        lignes = "".join(f"<li>{html.escape(quoi)} — {html.escape(ou)}</li>" for quoi, ou in lire())
        self.envoyer(200, f"""<h1>Le carnet du jardin</h1><ul>{lignes}</ul>
<form action="/" method="POST"><input name="quoi" placeholder="quoi" required> <input name="ou" placeholder="où"> <input type="submit" value="Noter"></form>""")

    def do_POST(self):
        champs = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        with verrou:
            ecrire([*lire(), (champs.get("quoi", [""])[0], champs.get("ou", [""])[0])])
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def envoyer(self, code, corps):
        octets = f"<!doctype html><html lang=fr><title>Jardin</title>{corps}</html>".encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, texte, *valeurs):
        with open(PID.with_suffix(".log"), "a") as journal:
            journal.write(texte % valeurs + "\n")


serveur = ThreadingHTTPServer(("", int(os.environ["PORT"])), Carnet)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=serveur.shutdown).start())
PID.write_text(str(os.getpid()))
serveur.serve_forever()
serveur.server_close()
