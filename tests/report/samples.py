"""Reports as chaos makes them: broken in every way, inconclusive, kept, several apps, and with strangers' bytes."""

from collections.abc import Iterator, Mapping
from random import Random

from minipaas.model.verdict import (
    AppVerdict,
    Cause,
    Coverage,
    Finding,
    Place,
    Report,
    Rule,
    RuleVerdict,
    Severity,
    TimelineEvent,
    Verdict,
    judge,
)

FILES = Finding(
    code="MP101",
    severity=Severity.ERROR,
    process_type="web",
    message="what alice wrote through the form `POST /entries` was gone once its dyno had a fresh disk",
    evidence=(
        "3.02 s  alice  POST /entries name=zq017mk -> 303 by web.1",
        "3.05 s  alice  GET / -> 200, shows zq017mk",
        "3.06 s  fault  restart of web.1 with a fresh disk",
        "3.06 s  heroku[web.1]  Stopping all processes with SIGTERM",
        "3.41 s  heroku[web.1]  State changed from starting to up",
        "3.44 s  alice  GET / -> 200, zq017mk is missing",
        "wrote while it answered POST /entries: guestbook.sqlite (+8 KiB), which holds zq017mk",
        "lost 5 of 5 times with a fresh disk, 0 of 5 times with the disk kept, 0 of 5 times calm (p = 0.004)",
    ),
    help="keep entries in Postgres: `sqlite3.connect(...)` becomes a connection to `DATABASE_URL`",
    repeat="minipaas chaos examples/guestbook --seed 7 --only one/3",
    cause=Cause.FILES,
    subject="POST /entries",
    place=Place("examples/guestbook/Procfile", 1, "web: gunicorn app:app --bind 0.0.0.0:$PORT"),
    trial="fresh disk",
)
MEMORY = Finding(
    code="MP102",
    severity=Severity.ERROR,
    process_type="web",
    message="what bob put into the cart through `POST /cart/:id` was gone when another dyno answered",
    evidence=(
        "11.20 s  bob  POST /cart/3 -> 302 by web.1",
        "11.22 s  bob  GET /cart -> 200 by web.2, 31013 is missing",
        "lost 5 of 5 times with two dynos, 5 of 5 times after a restart with the disk kept, 0 of 5 times calm",
    ),
    help="keep the cart in Redis, or in a signed cookie",
    repeat="minipaas chaos examples/shop --seed 7 --only one/9",
    cause=Cause.MEMORY,
    subject="POST /cart/:id",
    place=Place("examples/shop/Procfile", 1, "web: node server.js"),
    trial="two dynos",
)
BOOT_SECRET = Finding(
    code="MP103",
    severity=Severity.ERROR,
    process_type="web",
    message="alice, who had logged in through `POST /login`, was sent back to it after a restart",
    evidence=(
        "5.00 s  alice  POST /login -> 303, Set-Cookie: session=eyJ1c2VyIjoi...",
        "5.10 s  heroku[web.1]  Restarting",
        "5.61 s  alice  GET /account -> 302 /login, though the cookie was sent",
        "kept 5 of 5 times with the process's random numbers pinned",
    ),
    help="read the secret from a config var: `app.secret_key = os.environ['SECRET_KEY']`",
    repeat="minipaas chaos --seed 7 --only one/4",
    cause=Cause.BOOT_SECRET,
    subject="POST /login",
)
TERM = Finding(
    code="MP204",
    severity=Severity.ERROR,
    process_type="web",
    message="`web` did not exit within 30 s of SIGTERM; left was `node server.js` (pid 12)",
    evidence=(
        "2026-11-24T00:14:03.120448+00:00 heroku[web.2]: Stopping all processes with SIGTERM",
        (
            "2026-11-24T00:14:33.124001+00:00 heroku[web.2]: Error R12 (Exit timeout) -> At least one process "
            "failed to exit within 30 seconds of SIGTERM"
        ),
        "2026-11-24T00:14:33.124310+00:00 heroku[web.2]: Stopping remaining processes with SIGKILL",
        "2026-11-24T00:14:33.125090+00:00 heroku[web.2]: Process exited with status 137",
    ),
    help="exit on SIGTERM: `process.on('SIGTERM', () => server.close(() => process.exit()))`",
    repeat="minipaas chaos examples/stubborn-node --seed 7 --rules two",
    error_code="R12",
    subject="web",
    place=Place("examples/stubborn-node/Procfile", 1, "web: node server.js"),
)
SLOW = Finding(
    code="MP301",
    severity=Severity.ERROR,
    process_type="web",
    message="`POST /move` was answered after 30 s at depth 6, which the router does not wait for",
    evidence=(
        "41.00 s  carol  POST /move depth=6",
        (
            '71.00 s  heroku[router]  at=error code=H12 desc="Request timeout" method=POST path="/move" '
            "dyno=web.1 connect=0ms service=30000ms status=503 bytes=0"
        ),
        "84.31 s  app[web.1]  computed 4,812,330 positions",
    ),
    help="queue the move, answer at once, let a worker compute it",
    repeat="minipaas chaos examples/chess --seed 7 --rules three",
    error_code="H12",
    subject="POST /move",
)
WRITES = Finding(
    code="MP110",
    severity=Severity.WARNING,
    process_type="web",
    message="`POST /upload` left `uploads/zq031qa.png` (+68 B) on the dyno's disk; no page was seen to show it",
    evidence=("7.31 s  alice  POST /upload -> 303",),
    help="keep uploads in an object store",
    subject="POST /upload",
)
P95 = Finding(
    code="MP302",
    severity=Severity.WARNING,
    process_type="web",
    message="the 95th percentile of `GET /search` is 812 ms over 40 requests",
    subject="GET /search",
)

UNTIMED = Finding(
    code="MP104",
    severity=Severity.ERROR,
    process_type="web",
    message="what `POST /login` entered is refused (/account answers 302 instead of 200) after a relocation",
    evidence=(
        "alice sends `POST /login` on /login with zq017mk -> 303 by web.1",
        "heroku[web.1]: fresh disk, after submit of step 4",
        "alice GET /account -> 302 by web.1: 200 expected, 302 (there in 5 of 5 calm plays)",
        "the same in 5 of 5 plays with the fault, in none of 5 without (p = .004)",
        "disk of web.1: .secret (24 bytes)",
    ),
    cause=Cause.FILE_SECRET,
)

SEEN = Coverage(
    pages=4, forms=1, routes_exercised=5, routes_known=5, live_markers=3, faults=12, requests=310, missed=()
)


def kept(*warnings: Finding) -> RuleVerdict:
    """A rule that is kept."""
    return judge(warnings, conclusive=True)


def verdicts(
    one: RuleVerdict | None = None, two: RuleVerdict | None = None, three: RuleVerdict | None = None
) -> Mapping[Rule, RuleVerdict]:
    """All three, kept where nothing is said."""
    return {Rule.ONE: one or kept(), Rule.TWO: two or kept(), Rule.THREE: three or kept()}


def broken(*findings: Finding) -> RuleVerdict:
    """A rule that is broken."""
    return judge(findings, conclusive=True)


def unknown(reason: str) -> RuleVerdict:
    """A rule that could not be judged."""
    return judge((), conclusive=False, reason=reason)


def loss_timeline() -> tuple[TimelineEvent, ...]:
    """One trial: a write, a restart with a fresh disk, a read that misses it."""
    trial = "fresh disk"

    def event(
        at_s: float, lane: str, kind: str, text: str, until_s: float | None = None, ok: bool = True
    ) -> TimelineEvent:
        return TimelineEvent(at_s=at_s, lane=lane, kind=kind, text=text, until_s=until_s, ok=ok, trial=trial)

    return (
        event(2.60, "web.1", "boot", "Starting process with command `gunicorn app:app`"),
        event(2.95, "web.1", "up", "State changed from starting to up"),
        event(2.97, "alice", "request", "GET / -> 200", 2.99),
        event(2.99, "bob", "request", "GET / -> 200", 3.01),
        event(3.02, "alice", "request", "POST /entries -> 303", 3.04),
        event(3.05, "alice", "request", "GET / -> 200, shows zq017mk", 3.06),
        event(3.06, "web.1", "fault", "restart of web.1 with a fresh disk"),
        event(3.06, "web.1", "boot", "Starting process with command `gunicorn app:app`"),
        event(3.06, "web.1", "stop", "Stopping all processes with SIGTERM"),
        event(3.17, "web.1", "exit", "Process exited with status 0"),
        event(3.20, "bob", "request", "GET /about -> 503 H20", 3.24, ok=False),
        event(3.41, "web.1", "up", "State changed from starting to up"),
        event(3.44, "alice", "loss", "GET / -> 200, zq017mk is missing", ok=False),
        event(3.47, "bob", "request", "GET / -> 200", 3.49),
    )


def busy_timeline(requests: int = 300, seed: int = 3) -> tuple[TimelineEvent, ...]:
    """Three trials of two dynos and four clients, with restarts, a kill, errors and a loss."""
    return tuple(_busy(Random(seed), requests))


def _busy(chance: Random, requests: int) -> Iterator[TimelineEvent]:
    begin = 0.0
    for trial in ("calm", "two dynos", "sudden death"):
        for dyno in ("web.1", "web.2"):
            yield TimelineEvent(at_s=begin, lane=dyno, kind="boot", text="Starting process", trial=trial)
            up = begin + 0.4 + chance.random() / 4
            yield TimelineEvent(at_s=up, lane=dyno, kind="up", text="State changed from starting to up", trial=trial)
        for at in range(requests // 3):
            at_s = begin + 0.7 + at * 21 / requests
            ok = trial == "calm" or chance.random() > 0.06
            yield TimelineEvent(
                at_s=at_s,
                lane=("alice", "bob", "carol", "visitor")[at % 4],
                kind="request",
                text=f"GET /tea/{at % 9} -> {'200' if ok else '503 H13'}",
                until_s=at_s + chance.random() / 20,
                trial=trial,
                ok=ok,
            )
        if trial != "calm":
            kill = trial == "sudden death"
            for number in range(4):
                dyno, at_s = f"web.{number % 2 + 1}", begin + 1.5 + number * 1.7
                yield TimelineEvent(
                    at_s=at_s, lane=dyno, kind="fault", text=f"{'kill' if kill else 'restart'} of {dyno}", trial=trial
                )
                yield TimelineEvent(
                    at_s=at_s, lane=dyno, kind="kill" if kill else "stop", text="Stopping all processes", trial=trial
                )
                yield TimelineEvent(at_s=at_s + 0.01, lane=dyno, kind="boot", text="Starting process", trial=trial)
                if not kill:
                    yield TimelineEvent(
                        at_s=at_s + 0.3, lane=dyno, kind="exit", text="Process exited with status 143", trial=trial
                    )
                yield TimelineEvent(at_s=at_s + 0.5, lane=dyno, kind="up", text="State changed to up", trial=trial)
        if trial == "two dynos":
            yield TimelineEvent(
                at_s=begin + 5.05,
                lane="bob",
                kind="loss",
                text="GET /cart -> 200, 31013 is missing",
                trial=trial,
                ok=False,
            )
        begin += 12


def report(*apps: AppVerdict, command: str = "minipaas chaos --seed 7") -> Report:
    """A report on apps."""
    return Report(seed=7, duration_s=21.4, version="0.1.0", apps=apps, command=command)


def app(name: str, rules: Mapping[Rule, RuleVerdict], **more: object) -> AppVerdict:
    """One app."""
    return AppVerdict(**{"app": name, "release": "v1", "rules": rules, "coverage": SEEN} | more)  # type: ignore[arg-type]


GUESTBOOK = app("guestbook", verdicts(one=broken(FILES)), timeline=loss_timeline())
SHOP = app("shop", verdicts(one=broken(MEMORY)), timeline=busy_timeline())
LOGIN = app("login", verdicts(one=broken(BOOT_SECRET)))
STUBBORN = app("stubborn-node", verdicts(two=broken(TERM, TERM, TERM)))
CHESS = app("chess", verdicts(three=broken(SLOW, P95)))
CLEAN = app("clean", verdicts())
WARNED = app("pictures", verdicts(one=kept(WRITES), three=kept(P95)))
SUPPRESSED = app(
    "legacy",
    verdicts(
        one=RuleVerdict(
            verdict=Verdict.KEPT,
            suppressed=((WRITES, "thumbnails, made again on a miss"), (P95, "old search, goes in May")),
        )
    ),
)
NEVER_UP = AppVerdict(
    app="slow-boot",
    release="v1",
    rules={
        Rule.ONE: unknown("the app never came up"),
        Rule.TWO: broken(
            Finding(
                code="MP201",
                severity=Severity.ERROR,
                process_type="web",
                message="`web` did not bind $PORT (21544) within 60 s of launch; it listens on 127.0.0.1:3000",
                evidence=(
                    "0.00 s  heroku[web.1]  Starting process with command `node server.js`",
                    (
                        "60.00 s  heroku[web.1]  Error R10 (Boot timeout) -> Web process failed to bind to $PORT "
                        "within 60 seconds of launch"
                    ),
                    "60.01 s  heroku[web.1]  Process exited with status 137",
                ),
                help="listen on `process.env.PORT` and 0.0.0.0 first, build the index after that",
                repeat="minipaas chaos examples/slow-boot --seed 7",
                error_code="R10",
                place=Place("examples/slow-boot/Procfile", 1, "web: node server.js"),
            )
        ),
        Rule.THREE: unknown("the app never came up"),
    },
    coverage=Coverage(routes_known=3, missed=("GET /", "GET /search", "POST /index")),
    last_lines=(
        "2026-11-24T11:39:21.948700+00:00 app[web.1]: reading 90,000 documents",
        "2026-11-24T11:40:20.101000+00:00 app[web.1]: 66% indexed, hello from /srv/index",
    ),
)
UNSEEN = app(
    "orders",
    verdicts(one=unknown("nothing that was written was read back on another page"), two=kept(), three=kept()),
    coverage=Coverage(
        pages=1,
        routes_exercised=1,
        routes_known=14,
        faults=2,
        requests=9,
        missed=("DELETE /orders/:id", "PATCH /orders/:id", *(f"GET /orders/report-{n}" for n in range(11))),
    ),
)

HOSTILE = (
    "<script>alert(1)</script> ]]> &amp; \" ' `a` {0} [x](http://evil) "
    "\x1b[31mred\x1b[0m \x00\x07\x9b2J \u202eabc \udc80 \ufffe"
)
LONG = "x" * 3000
FOREIGN = "书店の棚 – Größe, naïveté, שלום, 👩‍💻, e\u0301"
STRANGE = AppVerdict(
    app="strange",
    release=HOSTILE,
    rules={
        Rule.ONE: RuleVerdict(
            verdict=Verdict.BROKEN,
            findings=(
                Finding(
                    code="MP101",
                    severity=Severity.ERROR,
                    process_type="web",
                    message=f"{HOSTILE} {FOREIGN}",
                    evidence=(f"1.0 s  alice  {HOSTILE}", f"2.0 s  {FOREIGN}", LONG, "", "two\nlines\r\nand a\ttab"),
                    help=HOSTILE,
                    repeat=f"minipaas chaos '{HOSTILE}'",
                    subject=HOSTILE,
                    place=Place("a b/<Proc>file%", 3, HOSTILE),
                    trial="</title>",
                ),
            ),
            suppressed=((WRITES, HOSTILE),),
        ),
        Rule.TWO: unknown(HOSTILE),
    },
    coverage=Coverage(missed=(HOSTILE, FOREIGN)),
    timeline=(
        TimelineEvent(at_s=0, lane="<web>", kind="boot", text=HOSTILE, trial="</title>"),
        TimelineEvent(at_s=1, lane=FOREIGN, kind="request", text=HOSTILE, trial="</title>"),
        TimelineEvent(at_s=1, lane=FOREIGN, kind="loss", text=LONG, trial="</title>", ok=False),
        TimelineEvent(at_s=2, lane="<web>", kind="no such kind", text="", trial="</title>"),
    ),
    last_lines=(HOSTILE, LONG),
)

REPORTS = {
    "files": report(GUESTBOOK, command="minipaas chaos examples/guestbook --seed 7"),
    "boot-secret": report(LOGIN),
    "untimed": report(app("login", verdicts(one=broken(UNTIMED)))),
    "exit-timeout": report(STUBBORN, command="minipaas chaos examples/stubborn-node --seed 7"),
    "request-timeout": report(CHESS),
    "never-up": report(NEVER_UP),
    "inconclusive": report(UNSEEN),
    "warnings": report(WARNED),
    "suppressed": report(SUPPRESSED),
    "kept": report(CLEAN),
    "several": report(
        CLEAN,
        GUESTBOOK,
        SHOP,
        STUBBORN,
        CHESS,
        NEVER_UP,
        UNSEEN,
        WARNED,
        SUPPRESSED,
        command="minipaas chaos examples/*",
    ),
    "strange": report(STRANGE),
    "nothing": report(),
}
