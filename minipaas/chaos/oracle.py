"""What a user lost: plays under fault compared with calm ones. Pure.

The rules, from strong to weak. A thing is expected only if every calm play showed it, each on dynos with another
name, port and start time; so what an app tells of time, chance or itself is never expected.

1. A marker that was typed and is read in a later step is expected there; its absence is a loss. One that
   a step waits for is not expected before that step.
   And its line stands there no more often than in calm plays (what was sent twice was taken once), and no fewer
   lines hold it (what is told once, after a redirect, is told).
2. A marker that is gone in every calm play (deleted, shown once) is expected to stay gone.
3. Where a request leads (status, redirect) is expected to be the same.
4. A line that came with a write, never seen on that page before, is expected to stay as long as calm plays keep it;
   numbers in lines are left out, and compared by themselves:
5. a number that a write changed is expected to be what it was in calm plays; and so is a number that counts a
   client's own visits, one that a fresh client sees begin anew. Numbers that count everybody's visits are drift.

7. A form that was refused after so many tries is refused in the same way afterwards: what was counted is remembered.
6. What the author of a scenario says of an answer is expected where all calm plays gave it.

What is not expected and differs is drift: a warning at most. No answer at all is no loss of state.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from minipaas.chaos.expectation import Expectation, Key
from minipaas.chaos.history import NO_STATE, Exchange, History
from minipaas.chaos.lines import alike, holding, numbered, plain_lines
from minipaas.chaos.loss import Loss, Symptom
from minipaas.chaos.markers import Marker
from minipaas.chaos.plan import Call, Plan, Submit, Visit, awaited, sources, tries, typed, writes

#: What is told by where a request leads, whatever is on the page.
_BY_OUTCOME = (Symptom.STATUS, Symptom.MISSING, Symptom.TOLD)


class Baseline:
    """What all calm plays agree on.

    Args:
        calms: plays of the same steps, at least two.
    """

    def __init__(self, plan: Plan, calms: Sequence[History]) -> None:
        self._plan = plan
        self._calms = [calm.by_place() for calm in calms]
        self._missing = [calm.missing for calm in calms]
        self._told_untrue = {step for calm in calms for step in calm.unmet}
        self._keys = sorted(set.intersection(*(set(calm) for calm in self._calms)))
        self._awaited = awaited(plan)
        self._typed = {
            marker: index for index in reversed(range(len(plan.steps))) for marker in typed(plan.steps[index])
        }
        # Where in a writing step something was sent: before it the form was loaded, after it redirects are followed.
        self._sent = {
            key[0]: key[1] for key in self._keys if writes(plan.steps[key[0]]) and not self._first(key).is_read
        }
        self._looks: dict[tuple[str, str], list[Key]] = {}
        for key in self._keys:
            if self._first(key).is_read:
                self._looks.setdefault(self._page(key), []).append(key)
        self._earlier: dict[tuple[str, str], list[Key]] = {}
        self.expected: dict[Key, Expectation] = {}
        for key in self._keys:
            self.expected[key] = self._expect(key)
            if self._first(key).is_read:
                self._earlier.setdefault(self._page(key), []).append(key)

    @property
    def live_markers(self) -> int:
        """Markers that were read back in a later step, in all calm plays."""
        return len({marker for each in self.expected.values() for marker, _ in each.markers})

    @property
    def expects_effects(self) -> bool:
        """Whether anything that a write made was seen later: a marker, a line, a number."""
        found = any(each.markers or each.lines or each.numbers for each in self.expected.values())
        return found or any(self._is_told_to_last(key[0]) or self._appeared(key) for key in self.expected)

    def _appeared(self, key: Key) -> bool:
        """Whether it reads something that has an address of its own, and had none before something was sent."""
        exchange = self._first(key)
        first = min(self._sent, default=key[0])
        before = {self._first(each).pattern for each in self._keys if each[0] <= first}
        own = "*" in exchange.pattern and exchange.pattern not in before
        return own and isinstance(self._plan.steps[key[0]], Visit) and self.expected[key].outcome == "200"

    def _is_told_to_last(self, index: int) -> bool:
        """Whether its author says that what earlier steps made is still there, and so it is."""
        step = self._plan.steps[index]
        lasts = isinstance(step, Call) and step.expects is not None and bool(step.expects.still)
        return lasts and index not in self._told_untrue and any(write < index for write in self._sent)

    def has_effects(self, write: int) -> bool:
        """Whether a write made more than a number change: a marker, a line, or something gone."""
        return any(
            made == write for each in self.expected.values() for _, made in (*each.markers, *each.gone, *each.lines)
        )

    def expects(self, loss: Loss) -> bool:
        """Whether these plays show what is lost there: too few steps may not."""
        there = [each for key, each in self.expected.items() if key[0] == loss.read]
        return any(loss.symptom in _BY_OUTCOME or loss.symptom in each.shown for each in there)

    def _first(self, key: Key) -> Exchange:
        return self._calms[0][key]

    def _page(self, key: Key) -> tuple[str, str]:
        exchange = self._first(key)
        return exchange.client, exchange.pattern

    def _expect(self, key: Key) -> Expectation:
        calms = [calm[key] for calm in self._calms]
        outcomes = {each.outcome for each in calms}
        stable = len(outcomes) == 1 and calms[0].status not in NO_STATE
        if not stable or not calms[0].is_read:
            lines = tuple(self._refusal(key, calms)) if stable else ()
            return Expectation(outcomes.pop() if stable else None, (), (), (), lines, (), frozenset())
        earlier = self._earlier.get(self._page(key), [])
        return Expectation(
            outcomes.pop(),
            tuple(self._live(key, calms)),
            tuple(self._counts(key, calms, earlier)),
            tuple(self._gone(key, calms, earlier)),
            tuple(each for each in self._new_lines(key, calms, earlier) if self._is_settled(each[-1], key)),
            tuple(each for each in self._counted(key, calms, earlier) if self._is_settled(each[-1], key)),
            frozenset(numbered(calms[0])),
        )

    # Rule 7.

    def _refusal(self, key: Key, calms: Sequence[Exchange]) -> Iterator[tuple[str, int]]:
        """What a form that is refused says, and did not say to the tries before."""
        before = tries(self._plan, key[0])
        taken = [index for index in before if not tries(self._plan, index)]
        if not taken:
            return
        said = {
            line
            for index in taken
            for calm in self._calms
            if (index, key[1]) in calm
            for line in plain_lines(calm[index, key[1]])
        }
        for line in set.intersection(*(set(plain_lines(each)) for each in calms)) - said:
            yield line, before[-1]

    # Rule 1.

    def _live(self, key: Key, calms: Sequence[Exchange]) -> Iterator[tuple[Marker, int]]:
        for marker, index in self._typed.items():
            echoed = marker.shown_in(calms[0].path.encode())
            if (
                self._is_settled(index, key)
                and self._is_later(key, index)
                and not echoed
                and all(each.shows(marker) for each in calms)
            ):
                yield marker, index

    def _is_settled(self, write: int | None, key: Key) -> bool:
        """Before the step that waits for it, it is chance whether what comes in its own time is there."""
        return write is None or key[0] >= self._awaited.get(self._plan.steps[write].label, 0)

    def _is_later(self, key: Key, index: int) -> bool:
        """In a later step, or in the step itself after what was sent was answered."""
        return key[0] > index or (index in self._sent and (index, self._sent[index]) < key and key[0] == index)

    def _counts(
        self, key: Key, calms: Sequence[Exchange], earlier: Sequence[Key]
    ) -> Iterator[tuple[Marker, tuple[int, int], int]]:
        made = self._write_between(earlier[-1], key) if earlier else None
        known = {marker: write for marker, _, write in self.expected[earlier[-1]].counts} if earlier else {}
        for marker, index in self._live(key, calms):
            counts = {(holding(each, marker), alike(each, marker)) for each in calms}
            if len(counts) == 1:
                yield marker, counts.pop(), known.get(marker, index) if made is None else made

    # Rule 2.

    def _gone(self, key: Key, calms: Sequence[Exchange], earlier: Sequence[Key]) -> Iterator[tuple[Marker, int]]:
        for marker in self._typed:
            lived = [other for other in earlier if any(marker == each for each, _ in self.expected[other].markers)]
            if lived and not any(each.shows(marker) for each in calms):
                took = self._write_between(lived[-1], key)
                if took is not None:
                    yield marker, took

    # Rule 4.

    def _new_lines(self, key: Key, calms: Sequence[Exchange], earlier: Sequence[Key]) -> Iterator[tuple[str, int]]:
        if not earlier:
            return
        shown = set.intersection(*(set(plain_lines(each)) for each in calms))
        known = dict(self.expected[earlier[-1]].lines)
        before = {line for other in earlier for calm in self._calms for line in plain_lines(calm[other])}
        made = self._write_between(earlier[-1], key)
        for line in shown:
            if line in known:
                yield line, known[line]
            elif line not in before and made is not None and "MARKER" not in line:
                yield line, made

    # Rule 5.

    def _counted(
        self, key: Key, calms: Sequence[Exchange], earlier: Sequence[Key]
    ) -> Iterator[tuple[str, tuple[str, ...], int | None]]:
        if not earlier:
            return
        shown = [numbered(each) for each in calms]
        last = earlier[-1]
        known = {line: made for line, _, made in self.expected[last].numbers}
        made = self._write_between(last, key)
        for line, values in shown[0].items():
            if any(each.get(line) != values for each in shown[1:]):
                continue
            before = [numbered(calm[last]).get(line) for calm in self._calms]
            if before[0] is None or any(each != before[0] for each in before):
                continue
            if self._is_own_count(line, key):
                yield line, values, None
            elif before[0] == values and line in known and known[line] is not None:
                yield line, values, known[line]
            elif before[0] != values and made is not None and self._rests(line, last, earlier):
                yield line, values, made

    def _rests(self, line: str, last: Key, earlier: Sequence[Key]) -> bool:
        """Whether reading alone leaves the number as it is: two looks with no write between them say the same."""
        for one, other in pairwise(earlier):
            if self._write_between(one, other) is None:
                pair = [numbered(calm[each]).get(line) for calm in self._calms for each in (one, other)]
                if pair[0] is not None and len(set(pair)) == 1:
                    return True
        return False

    def _is_own_count(self, line: str, key: Key) -> bool:
        """Whether it grows with each look of this client, and begins anew for another."""
        client, pattern = self._page(key)
        mine = [numbered(self._calms[0][other]).get(line) for other in self._earlier.get((client, pattern), [])]
        values = [int(each[0]) for each in mine if each and len(each) == 1]
        if len(values) < 2 or any(b <= a for a, b in pairwise(values)):
            return False
        for (other, same), keys in self._looks.items():
            if other != client and same == pattern:
                fresh = numbered(self._calms[0][keys[0]]).get(line)
                return fresh is not None and int(fresh[0]) <= values[0]
        return False

    def _write_between(self, one: Key, other: Key) -> int | None:
        """The last step that sent something after the first exchange and before the second."""
        return max((step for step, at in self._sent.items() if one < (step, at) < other), default=None)

    # Comparing.

    def losses(self, trial: History) -> list[Loss]:
        """The expectations that a play under fault did not meet; of one step only up to the first wrong turn."""
        seen = trial.by_place()
        found: list[Loss] = []
        turned: set[int] = set()
        for key, expected in self.expected.items():
            if key[0] in turned:
                continue
            exchange = seen.get(key)
            if exchange is None:
                found += self._not_there(key, trial)
                turned.add(key[0])
            elif exchange.status in NO_STATE and expected.outcome is not None:
                turned.add(key[0])
            elif expected.outcome is not None and exchange.outcome != expected.outcome:
                found.append(self._loss(Symptom.STATUS, self._blamed(key), key, expected.outcome, exchange.outcome))
                turned.add(key[0])
            else:
                found += self._unmet(key, expected, exchange)
        return found + [loss for loss in self._told(trial) if loss.read not in turned]

    def _told(self, trial: History) -> Iterator[Loss]:
        """What the author of a scenario expects, all calm plays gave, and this one did not."""
        for step, unmet in trial.unmet.items():
            key = (step, unmet.at)
            if key in self.expected and step not in self._told_untrue and not trial.is_without_state(step):
                yield self._loss(Symptom.TOLD, self._told_of(key), key, unmet.expected, unmet.seen)

    def _told_of(self, key: Key) -> int | None:
        """The write it speaks of: of what it goes to, else the user's last."""
        blamed = self._blamed(key)
        if blamed is None or not self._is_session(blamed):
            return blamed
        client = self._plan.steps[key[0]].client
        return max(index for index in self._sent if index <= key[0] and self._plan.steps[index].client == client)

    def drifts(self, trial: History) -> list[tuple[str, str]]:
        """Pages with a line that all calm plays share and this play has otherwise: (pattern, line)."""
        seen = trial.by_place()
        found = []
        for key, expected in self.expected.items():
            exchange = seen.get(key)
            if exchange is None or not exchange.is_read or exchange.outcome != expected.outcome:
                continue
            numbers = numbered(exchange)
            shared = [numbered(calm[key]) for calm in self._calms]
            for line, values in shared[0].items():
                if all(each.get(line) == values for each in shared) and line in numbers and numbers[line] != values:
                    found.append((exchange.pattern, line))
        return list(dict.fromkeys(found))

    def _not_there(self, key: Key, trial: History) -> Iterator[Loss]:
        reason = trial.missing.get(key[0])
        if reason is None or any(key[0] in missing for missing in self._missing):
            return
        if trial.is_without_state(key[0]):
            return
        yield self._loss(Symptom.MISSING, self._blamed(key), key, self._plan.steps[key[0]].label, reason)

    def _unmet(self, key: Key, expected: Expectation, exchange: Exchange) -> Iterator[Loss]:
        yield from self._unmet_markers(key, expected, exchange)
        lines = set(plain_lines(exchange))
        for line, made in expected.lines:
            if line not in lines:
                yield self._loss(Symptom.LINE, made, key, line, "not on the page")
        numbers = numbered(exchange)
        for line, values, counted in expected.numbers:
            if line in numbers and numbers[line] != values:
                was = ", ".join(numbers[line])
                yield self._loss(Symptom.NUMBER, counted, key, f"{line} with {', '.join(values)}", f"with {was}")

    def _unmet_markers(self, key: Key, expected: Expectation, exchange: Exchange) -> Iterator[Loss]:
        for marker, made in expected.markers:
            if not exchange.shows(marker):
                yield self._loss(Symptom.MARKER, made, key, marker.token, "not on the page")
        for marker, (count, most), made in expected.counts:
            held = holding(exchange, marker)
            if held > count > 0 and alike(exchange, marker) > most:
                yield self._loss(Symptom.TWICE, made, key, f"{marker.token} {count} times", "more often")
            elif 0 < held < count and not marker.is_number:
                yield self._loss(Symptom.LINE, made, key, f"{marker.token} in {count} lines", f"in {held}")
        for marker, took in expected.gone:
            if exchange.shows(marker):
                yield self._loss(Symptom.RETURNED, took, key, f"{marker.token} gone", "on the page again")

    def _loss(self, symptom: Symptom, write: int | None, key: Key, expected: str, seen: str) -> Loss:
        client, pattern = self._page(key)
        return Loss(
            symptom=symptom,
            write=write,
            read=key[0],
            at=key[1],
            client=client,
            pattern=pattern,
            expected=expected[:200],
            seen=seen[:200],
        )

    def _blamed(self, key: Key) -> int | None:
        """The write whose effect a wrong turn most likely lost: of what it goes to, of the session, the last."""
        step = self._plan.steps[key[0]]
        if before := tries(self._plan, key[0]):
            return before[-1]
        wanted = [self._typed[marker] for marker in getattr(step, "near", ()) if marker in self._typed]
        if wanted:
            return wanted[-1]
        made = [index for index in sources(self._plan, key[0]) if index in self._sent and not self._is_session(index)]
        if made:
            return made[-1]
        mine = [index for index in self._sent if index <= key[0] and self._plan.steps[index].client == step.client]
        sessions = [index for index in mine if self._is_session(index) and index < key[0]]
        if isinstance(step, Submit) and not step.session and key[0] in mine and not sessions:
            return key[0]
        return max(sessions or mine, default=None)

    def _is_session(self, index: int) -> bool:
        return getattr(self._plan.steps[index], "session", False)
