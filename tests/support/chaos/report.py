"""The figures of a chaos run, in lines to be read: tasks, faults, re-runs, recovery times."""

from collections import Counter
from collections.abc import Iterable, Iterator
from statistics import median

from tests.support.chaos.history import Deed, Fault, History, Run


def report(history: History, seed: int, settled_s: float, refusals: int) -> str:
    """Return the figures; ``settled_s`` is how long the last tasks took once faults had ended."""
    runs = history.runs_by_name()
    acknowledged = history.acknowledged()
    accounts = history.accounts.values()
    again = [own for own in runs.values() if len(own) > 1]
    latencies = sorted(_latencies(history, runs))
    lines = [
        f"chaos, {history.mode}, seed {seed}, {history.ended - history.began:.0f} s of faults:",
        (
            f"  tasks: {len(acknowledged)} acknowledged, {_kinds(history)};"
            f" {len(history.submissions) - len(acknowledged)} without an answer,"
            f" {refusals} requests refused or unanswered"
        ),
        (
            f"  runs: {len(history.runs)}; {sum(len(own) - 1 for own in again)} again, of"
            f" {len(again)} tasks, at most {max(map(len, runs.values()), default=0)} of one;"
            f" charged: {sum(a.strikes for a in accounts)} strikes,"
            f" {sum(a.losses for a in accounts)} losses"
        ),
        (
            f"  from submission to end: median {_s(latencies, 0.5)}, 99 % {_s(latencies, 0.99)},"
            f" slowest {_s(latencies, 1.0)}; all at rest {settled_s:.1f} s after the last fault"
        ),
        (
            f"  {'fault':18} {'count':>5}  {'away':>12}  {'next end':>12}  {'its tasks ended':>15}"
            "  (median, longest; s)"
        ),
        *_faults(history, runs),
    ]
    return "\n".join(lines)


def _kinds(history: History) -> str:
    kinds = Counter(submission.kind for submission, _ in history.acknowledged())
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def _faults(history: History, runs: dict[str, list[Run]]) -> Iterator[str]:
    kinds: dict[tuple[Deed, str], list[Fault]] = {}
    for fault in history.faults:
        kinds.setdefault((fault.deed, fault.part), []).append(fault)
    ends = sorted(run.ended for run in history.runs if run.ended is not None)
    for (deed, part), faults in sorted(kinds.items()):
        away = [fault.lasted for fault in faults]
        following = [next((end - f.at for end in ends if end > f.at), None) for f in faults]
        own = [_own_tasks(fault, history, runs) for fault in faults]
        yield (
            f"  {f'{deed} {part}':18} {len(faults):5}  {_pair(away):>12}  {_pair(following):>12}"
            f"  {_pair(own):>15}"
        )


def _own_tasks(fault: Fault, history: History, runs: dict[str, list[Run]]) -> float | None:
    """Return how long after the fault the last task that was running in it had ended for good."""
    names = {
        run.name
        for run in history.runs
        if run.began <= fault.at and (run.ended is None or run.ended > fault.at)
        if fault.hit(run) and not any(r.ended and r.ended < fault.at for r in runs[run.name])
    }
    ends = [max((run.ended or 0) for run in runs[name]) for name in names]
    return max(ends) - fault.at if ends and min(ends) > 0 else None


def _latencies(history: History, runs: dict[str, list[Run]]) -> Iterator[float]:
    for submission, _ in history.acknowledged():
        ends = [run.ended for run in runs.get(submission.name, []) if run.ended is not None]
        if ends:
            yield min(ends) - submission.sent


def _s(ordered: list[float], share: float) -> str:
    if not ordered:
        return "-"
    return f"{ordered[min(len(ordered) - 1, int(len(ordered) * share))]:.2f} s"


def _pair(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{median(known):.2f}, {max(known):.2f}" if known else "-"
