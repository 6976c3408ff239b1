"""One Report value, one writer for each format: `as_text(report)`, `as_json(report)`, ... all pure."""
