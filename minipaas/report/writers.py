"""Every format by its name."""

from collections.abc import Callable, Mapping

from minipaas.model.verdict import Report
from minipaas.report.as_html import as_html
from minipaas.report.as_json import as_json
from minipaas.report.as_junit import as_junit
from minipaas.report.as_sarif import as_sarif
from minipaas.report.as_text import as_text

#: `--format`. No text ends with a newline.
WRITERS: Mapping[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "sarif": as_sarif,
    "html": as_html,
}
