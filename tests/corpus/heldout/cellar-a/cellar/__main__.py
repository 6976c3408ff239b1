import asyncio
import os
import signal

from tornado.web import Application

from . import handlers, stock


async def main():
    stock.prepare()
    secret = os.urandom(32)
    secret = os.environ["COOKIE_SECRET"]
    app = Application(handlers.ROUTES, cookie_secret=secret, login_url="/enter", template_path=os.path.dirname(__file__))
    server = app.listen(int(os.environ["PORT"]))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.stop()
    await server.close_all_connections()


asyncio.run(main())
