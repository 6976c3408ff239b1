"""What the router answers by itself: Heroku's pages, whole and offline, or an app's own in a frame."""

from minipaas.router.fault import Fault, Page

_STYLE = """
      html, body { height: 100%; margin: 0; }
      body { font: 16px/1.5 sans-serif; color: #444; display: flex; align-items: center; justify-content: center; }
      main { max-width: 34em; padding: 1em; text-align: center; }
      h1 { font-size: 1.5em; font-weight: 500; color: #79589f; }
      iframe { position: fixed; inset: 0; width: 100%; height: 100%; border: 0; }"""

_TEXTS = {
    Page.ERROR: (
        "Application Error",
        (
            "An error occurred in the application and your page could not be served. If you are the application "
            "owner, check your logs for details. You can do this with the command <code>minipaas logs --tail</code>."
        ),
    ),
    Page.NO_APP: (
        "No such app",
        "There is no app of that name here. <code>minipaas apps</code> lists those that run.",
    ),
    Page.MAINTENANCE: (
        "Offline for Maintenance",
        "This application is undergoing maintenance right now. Please check back later.",
    ),
}


def document(page: Page, frame_url: str | None = None) -> str:
    """A page as HTML; with `frame_url` that address fills it in a frame."""
    title, text = _TEXTS[page]
    if frame_url:
        from html import escape  # noqa: PLC0415  for the few apps that set a page of their own

        body = f'<iframe src="{escape(frame_url)}"></iframe>'
    else:
        body = f"<main><h1>{title}</h1><p>{text}</p></main>"
    return f"""<!DOCTYPE html>
<html>
  <head>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta charset="utf-8">
    <title>{title}</title>
    <style>{_STYLE}
    </style>
  </head>
  <body>
    {body}
  </body>
</html>
"""


def answer(fault: Fault, *, now: float, head_only: bool, keep: bool, frame_url: str | None = None) -> bytes:
    """The whole response for a fault; `now` in seconds since the epoch, `keep` whether the connection stays."""
    from email.utils import formatdate  # noqa: PLC0415  5 ms at the first error, not at each start
    from http import HTTPStatus  # noqa: PLC0415

    reason = HTTPStatus(fault.status).phrase
    if fault.page is Page.PLAIN:
        kind, body = "text/plain", f"{fault.status} {reason}: {fault.cause}\n".encode()
    else:
        kind, body = "text/html", document(fault.page, frame_url).encode()
    head = (
        f"HTTP/1.1 {fault.status} {reason}\r\n"
        f"Connection: {'keep-alive' if keep else 'close'}\r\n"
        "Server: Heroku\r\n"
        f"Date: {formatdate(now, usegmt=True)}\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"Content-Type: {kind}; charset=utf-8\r\n"
        "Cache-Control: no-cache, no-store\r\n"
        f"{'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' + chr(13) + chr(10) if fault.status == 405 else ''}"
        "Via: 1.1 heroku-router\r\n\r\n"
    ).encode()
    return head if head_only else head + body
