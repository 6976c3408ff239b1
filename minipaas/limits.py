"""Heroku's numbers, each once, with unit and source. `DC:x` is the Dev Center article `x`.

`Limits` holds those a user may shorten in `minipaas.yml` under `limits:`, to see an H12 in three seconds
instead of thirty. The constants below it are part of the interface and stay.
"""

from minipaas.frozen import frozen


@frozen(kw_only=True)
class Limits:
    """Time limits in seconds; the defaults are Heroku's."""

    #: A web dyno binds $PORT within this time or R10 (DC:error-codes).
    boot_timeout_s: float = 60
    #: From SIGTERM to SIGKILL, R12 (DC:dyno-shutdown-behavior).
    exit_timeout_s: float = 30
    #: First byte of a response, H12 (DC:request-timeout).
    first_byte_s: float = 30
    #: Rolling window after the first byte, H15 and H28 (DC:request-timeout).
    idle_s: float = 55
    #: How long a request waits for a booting dyno, H20 (DC:http-routing).
    boot_wait_s: float = 75
    #: One TCP connect to a dyno, H19 (DC:http-routing).
    connect_s: float = 5
    #: A dyno that refused a connection gets no request for this long (DC:http-routing).
    quarantine_s: float = 5
    #: An idle client connection is closed after this long (DC:http-routing).
    keepalive_s: float = 60
    #: A whole request head must have come within this time (slow headers).
    head_s: float = 30
    #: A build is stopped after this long (DC:limits).
    build_timeout_s: float = 900
    #: With preboot: from a release to the switch to its web dynos, boot timeout and 2 minutes (DC:preboot).
    preboot_s: float = 180
    #: Cycling: this, plus a random part of `cycle_jitter_s` (DC:dyno-restarts).
    cycle_s: float = 24 * 3600
    cycle_jitter_s: float = 216 * 60


#: After the first crash a dyno restarts at once, then waits this many minutes (NodeGoat#165 quoting DC:dynos, 2019).
CRASH_BACKOFF_MIN = (0, 20, 40, 60, 180, 320)
#: Up for this long counts as a good start and forgets earlier crashes (ours: Heroku does not say).
CRASH_RESET_S = 60.0
#: A draining dyno has this long to end its requests before SIGTERM (seen: 0.7-1.3 s between the two lines).
DRAIN_BEFORE_TERM_S = 1.0

#: An attached one-off dyno waits this long for its client, then R13 (ours: Heroku does not say).
ATTACH_WAIT_S = 60.0
#: From SIGHUP, when its client is gone, to R16 (DC:one-off-dynos).
HANG_UP_S = 5.0
#: One-off dynos of one app at a time (DC:one-off-dynos: 50 basic and standard, 1 eco).
ONE_OFF_DYNOS = 50
ONE_OFF_DYNOS_ECO = 1

#: The release phase may take this long (DC:release-phase).
RELEASE_PHASE_S = 3600.0

#: $PORT is drawn from here at each start (DC:dynos shows five digits).
PORT_RANGE = (10000, 59999)

#: Lines longer than this are split (log-shuttle DefaultMaxLineLength).
LOG_LINE_BYTES = 10_000
#: Lines kept for each app (logplex `log_history`).
LOG_HISTORY_LINES = 1_500
#: Log drains of one app (DC:limits).
DRAINS_PER_APP = 5
#: Default of `logs -n` (heroku/cli src/commands/logs.ts).
LOG_DEFAULT_LINES = 100

#: Request line, one header line, a header's name (vegur defaults; DC:http-routing).
REQUEST_LINE_BYTES = 8192
HEADER_LINE_BYTES = 8192
HEADER_NAME_BYTES = 1000
HEADER_COUNT = 1000
METHOD_BYTES = 127
#: Response: one header line, a Set-Cookie, the status line (vegur defaults).
RESPONSE_HEADER_BYTES = 512 * 1024
RESPONSE_COOKIE_BYTES = 8192
RESPONSE_STATUS_BYTES = 8192
#: Requests in flight for each running web dyno before H11 (DC:http-routing).
BACKLOG_PER_DYNO = 200
#: Connection attempts on different dynos before H19/H21 (DC:http-routing).
CONNECT_ATTEMPTS = 10

#: An eco app without a request for this long sleeps (heroku.com/blog/app_sleeping_on_heroku).
ECO_IDLE_S = 1800.0

#: Lines of log-runtime-metrics come this often (DC:log-runtime-metrics).
RUNTIME_METRICS_S = 20.0
#: R14 repeats about this often while over quota (DC:error-codes).
MEMORY_SAMPLE_S = 20.0
#: R15 at this multiple of the quota (DC:limits).
R15_FACTOR = 2

#: Compressed slug (DC:limits), config vars of one app (DC:config-vars).
SLUG_BYTES = 500 * 1000 * 1000
CONFIG_VARS_BYTES = 32 * 1024
#: Heroku allows 100 dynos an app (DC:dyno-scaling); twice that here, for those who want to see a large formation.
DYNOS_PER_APP = 200
