"""Who holds a port that we wanted."""


def holder_of(port: int) -> str | None:
    """`node (pid 4711)`; None when the system does not tell us."""
    import psutil  # noqa: PLC0415  for an error message only

    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return None
    for each in connections:
        if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port and each.pid:
            try:
                return f"{psutil.Process(each.pid).name()} (pid {each.pid})"
            except psutil.Error:
                return f"pid {each.pid}"
    return None
