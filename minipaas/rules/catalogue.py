"""Every finding's code: what it is, why it matters, an example, the way out. `minipaas explain` prints it."""

from collections.abc import Mapping
from dataclasses import dataclass

from minipaas.model.verdict import Rule, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One code. `why`, `example` and `fix` are whole paragraphs; `source` is where the rule comes from."""

    code: str
    name: str
    rule: Rule
    severity: Severity
    title: str
    why: str
    example: str
    fix: str
    source: str


#: What each rule asks of an app, in short.
RULES: Mapping[Rule, str] = {
    Rule.ONE: "a dyno keeps nothing",
    Rule.TWO: "quick to start, quick to stop",
    Rule.THREE: "long work belongs to a worker",
}

_TWELVE_FACTOR = "https://12factor.net/"
_DYNOS = "https://devcenter.heroku.com/articles/dynos"
_ERRORS = "https://devcenter.heroku.com/articles/error-codes"

ENTRIES = (
    Entry(
        code="MP101",
        name="state-in-files",
        rule=Rule.ONE,
        severity=Severity.ERROR,
        title="what users entered is kept in files of the dyno",
        why=(
            "A dyno's disk lasts as long as the dyno. Every deploy, every restart, the daily cycling and every move "
            "to other hardware begin with a fresh copy of the slug, and other dynos never see the files at all."
        ),
        example="A guestbook that appends its entries to a sqlite file beside the code.",
        fix=(
            "Keep it in a backing service that is attached by URL: rows in Postgres (DATABASE_URL), uploads in an "
            "object store. Files are fine as scratch space within one request."
        ),
        source=f"{_DYNOS}#ephemeral-filesystem",
    ),
    Entry(
        code="MP102",
        name="state-in-memory",
        rule=Rule.ONE,
        severity=Severity.ERROR,
        title="what users entered is kept in the memory of one process",
        why=(
            "Memory ends with the process, which the platform restarts at least daily, and the next request may be "
            "answered by another dyno whose memory never held it."
        ),
        example="A shop whose carts are a dictionary keyed by a session cookie.",
        fix=(
            "Keep it where all dynos see it (Postgres, Redis), or with the client (a signed cookie). A cache in memory "
            "is fine when a miss only costs time."
        ),
        source=f"{_TWELVE_FACTOR}processes",
    ),
    Entry(
        code="MP103",
        name="secret-made-at-boot",
        rule=Rule.ONE,
        severity=Severity.ERROR,
        title="cookies are signed with a secret that each process makes for itself at boot",
        why=(
            "A cookie signed by one dyno is refused by every other, and by the same one after a restart: users are "
            "logged out at random."
        ),
        example="app.secret_key = os.urandom(24)",
        fix='Read the secret from a config var (SECRET_KEY), made once: `"generator": "secret"` in app.json does that.',
        source=f"{_TWELVE_FACTOR}config",
    ),
    Entry(
        code="MP104",
        name="secret-in-a-file",
        rule=Rule.ONE,
        severity=Severity.ERROR,
        title="cookies are signed with a secret that is kept in a file of the dyno",
        why=(
            "The file is gone with the dyno, and each dyno has its own. So a cookie signed by one is refused by the next, "
            "and users are logged out at random: it is a secret made at boot with extra steps."
        ),
        example="if not path.exists('.secret'): path.write_bytes(os.urandom(24))",
        fix='Read the secret from a config var (SECRET_KEY), made once: `"generator": "secret"` in app.json does that.',
        source=f"{_TWELVE_FACTOR}config",
    ),
    Entry(
        code="MP105",
        name="needs-the-same-dyno",
        rule=Rule.ONE,
        severity=Severity.ERROR,
        title="the app works only as long as a user meets the same dyno",
        why=(
            "The router picks a dyno for every request anew, and as soon as there are two, half of the requests meet the "
            "other one."
        ),
        example="A chat whose rooms live in the process that holds the WebSocket.",
        fix="Share it through a backing service: publish and subscribe in Redis, rows in Postgres.",
        source="https://devcenter.heroku.com/articles/http-routing",
    ),
    Entry(
        code="MP110",
        name="writes-files",
        rule=Rule.ONE,
        severity=Severity.WARNING,
        title="requests leave files on the dyno's disk, and no loss was seen",
        why="Caches and logs may live there; anything a user counts on may not. No visible loss is no proof.",
        example="An upload kept in ./uploads that no page shows.",
        fix="If a user will ever ask for it again, keep it in a backing service; log to stdout.",
        source=f"{_DYNOS}#ephemeral-filesystem",
    ),
    Entry(
        code="MP111",
        name="dynos-answer-differently",
        rule=Rule.ONE,
        severity=Severity.WARNING,
        title="the same page says different things after a restart or on another dyno",
        why="Something of the answer lives in the process. It may be harmless (a counter), it may be what users see flicker.",
        example='"Requests served: 17" on the home page, counted in memory.',
        fix="Count in a backing service, or leave it to the metrics of the platform.",
        source=f"{_TWELVE_FACTOR}processes",
    ),
    Entry(
        code="MP201",
        name="does-not-bind-port",
        rule=Rule.TWO,
        severity=Severity.ERROR,
        title="the web process does not bind $PORT in time",
        why=(
            "A web dyno that does not listen on 0.0.0.0:$PORT within 60 seconds of launch is killed and tried again (R10). "
            "On 127.0.0.1, or on a port of its own choice, the router cannot reach it."
        ),
        example="app.listen(3000), or app.run(host='127.0.0.1')",
        fix="Bind 0.0.0.0 and the port in the PORT config var; do slow work after that, or in a worker.",
        source=_ERRORS,
    ),
    Entry(
        code="MP202",
        name="crashes-at-boot",
        rule=Rule.TWO,
        severity=Severity.ERROR,
        title="the process ends while it boots",
        why=(
            "A web dyno that exits has crashed: requests are answered with H10, and the platform starts it again later "
            "and later."
        ),
        example="A missing config var that ends the process with a traceback.",
        fix="The last lines of its log say why; set what it misses in .env or app.json.",
        source=_ERRORS,
    ),
    Entry(
        code="MP203",
        name="boots-slowly",
        rule=Rule.TWO,
        severity=Severity.ERROR,
        title="the web process boots more slowly than its budget",
        why=(
            "Dynos start at any time: at a deploy, after a crash, every day, on other hardware. Until one listens, "
            "requests wait for it. Heroku's limit is 60 seconds; the budget is stricter (`rules:` in minipaas.yml)."
        ),
        example="Migrations, warm-ups and downloads before the server listens.",
        fix="Move one-time work to the release phase or the build, the rest behind the first request or into a worker.",
        source=f"{_TWELVE_FACTOR}disposability",
    ),
    Entry(
        code="MP204",
        name="ignores-sigterm",
        rule=Rule.TWO,
        severity=Severity.ERROR,
        title="the process does not exit in time after SIGTERM",
        why=(
            "Every process of a dyno gets SIGTERM. What is left 30 seconds later is killed with SIGKILL (R12), in the "
            "middle of whatever it does, and each deploy and scaling down takes that much longer."
        ),
        example="A handler that swallows SIGTERM; a shell that waits for a child it does not tell.",
        fix="On SIGTERM stop listening, end the requests in flight, exit; let the Procfile `exec` the server.",
        source="https://devcenter.heroku.com/articles/dyno-shutdown-behavior",
    ),
    Entry(
        code="MP205",
        name="drops-requests-at-stop",
        rule=Rule.TWO,
        severity=Severity.WARNING,
        title="requests in flight are lost when the dyno stops",
        why="Each of them is an H13 or H18 to a user, at every deploy and every daily cycling.",
        example="process.on('SIGTERM', () => process.exit())",
        fix="On SIGTERM stop listening, answer what has begun, then exit.",
        source=f"{_TWELVE_FACTOR}disposability",
    ),
    Entry(
        code="MP206",
        name="does-not-survive-sudden-death",
        rule=Rule.TWO,
        severity=Severity.ERROR,
        title="after a SIGKILL the next process does not come up",
        why="Hardware fails without a SIGTERM. What the last process left half done must not stop the next.",
        example="A lock row in the database that only a clean exit removes.",
        fix="Let locks expire, or tie them to a connection; make start-up safe to repeat.",
        source=f"{_TWELVE_FACTOR}disposability",
    ),
    Entry(
        code="MP207",
        name="listens-before-it-is-ready",
        rule=Rule.TWO,
        severity=Severity.WARNING,
        title="the web process listens before it can answer",
        why="The router sends requests as soon as the port is bound; users then see errors at every start.",
        example="The server listens, then connects to the database, and answers 503 until that is done.",
        fix="Listen last.",
        source=_DYNOS,
    ),
    Entry(
        code="MP301",
        name="works-in-the-request",
        rule=Rule.THREE,
        severity=Severity.ERROR,
        title="a request takes longer than its budget",
        why=(
            "The router gives up after 30 seconds (H12) while the app works on; long before that, users wait and the "
            "dyno's threads are taken."
        ),
        example="A chess engine that thinks while the browser waits.",
        fix="Queue the work, answer at once, let a worker do it, show the result in a later request.",
        source="https://devcenter.heroku.com/articles/request-timeout",
    ),
    Entry(
        code="MP302",
        name="slow-requests",
        rule=Rule.THREE,
        severity=Severity.WARNING,
        title="the 95th percentile of a route is over 500 ms",
        why="Heroku advises to answer below 500 ms, better 200: a dyno that is busy answers nobody else.",
        example="A page that asks three other services, one after another.",
        fix="Cache, ask in parallel, or queue.",
        source="https://devcenter.heroku.com/articles/request-timeout",
    ),
    Entry(
        code="MP303",
        name="works-on-after-the-response",
        rule=Rule.THREE,
        severity=Severity.WARNING,
        title="the web process works on after it has answered",
        why="Nobody waits for that work, so nobody notices when a restart ends it half way.",
        example="threading.Thread(target=send_mails).start()",
        fix="Queue it for a worker.",
        source="https://devcenter.heroku.com/articles/background-jobs-queueing",
    ),
    Entry(
        code="MP304",
        name="loses-acknowledged-work",
        rule=Rule.THREE,
        severity=Severity.ERROR,
        title="work that was acknowledged is lost when the dyno dies",
        why=(
            "The user was told that it is under way, and will wait for ever: the only trace of it was in the memory of a "
            "process that is gone."
        ),
        example="FastAPI's BackgroundTasks for a report that a later page should show.",
        fix="Write the job to a queue in a backing service before answering; let a worker take it from there.",
        source="https://devcenter.heroku.com/articles/background-jobs-queueing",
    ),
    Entry(
        code="MP305",
        name="scheduler-in-web",
        rule=Rule.THREE,
        severity=Severity.WARNING,
        title="periodic work runs in every web dyno",
        why="It happens as many times as there are web dynos, and not at all while none is up.",
        example="A BackgroundScheduler started beside the web server.",
        fix="A process type of its own with one dyno, or a scheduler add-on.",
        source="https://devcenter.heroku.com/articles/scheduled-jobs-custom-clock-processes",
    ),
    Entry(
        code="MP306",
        name="queue-without-worker",
        rule=Rule.THREE,
        severity=Severity.WARNING,
        title="a queue library is installed and no process type works on the queue",
        why="Jobs are queued for ever, or the web process does them itself.",
        example="celery in requirements.txt, and only `web:` in the Procfile.",
        fix="Add `worker: celery -A app worker` (or the like) to the Procfile.",
        source="https://devcenter.heroku.com/articles/procfile",
    ),
    Entry(
        code="MP307",
        name="worker-loses-its-job",
        rule=Rule.THREE,
        severity=Severity.ERROR,
        title="a worker loses the job it has when it is stopped",
        why="Workers are stopped as often as web dynos. A job taken off the queue before it is done is gone.",
        example="job = redis.blpop('jobs'), then a minute of work.",
        fix="Acknowledge late: move the job to a list of those in progress, remove it when it is done, requeue on SIGTERM.",
        source=f"{_TWELVE_FACTOR}disposability",
    ),
)

BY_CODE = {entry.code: entry for entry in ENTRIES}
