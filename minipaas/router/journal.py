"""Records on their way out, handed over in batches: all that ended in one round of the loop go together."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minipaas.model.request import RequestRecord


class Journal:
    """Collects records; the receiver is called on the loop, soon, and never from inside a request."""

    def __init__(self, on_records: "Callable[[Sequence[RequestRecord]], None]") -> None:
        self._on_records = on_records
        self._batch: list[RequestRecord] = []

    def add(self, record: "RequestRecord") -> None:
        """Hand a record over before the loop sleeps again."""
        self._batch.append(record)
        if len(self._batch) == 1:
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Hand over what there is now."""
        batch, self._batch = self._batch, []
        if batch:
            self._on_records(batch)
