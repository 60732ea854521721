"""What each scenario does, in the sentence that stands above its table."""

DEFINITIONS = {
    "throughput": "No-ops in bulk, from the first submit to the last result in the client's hands.",
    "posts": (
        "One POST a task over 16 connections, each result asked for until it is there; the bare"
        " endpoint gets the POSTs alone. Milliseconds are those of one request."
    ),
    "submit": "Bulk submit to the web service and the store alone; nobody runs the tasks.",
    "latency": "No-ops one after the other: submit, wait for the result, next.",
    "efficiency 10 ms": "Naps of 10 ms: ideal time (length x tasks / at once) over the time taken.",
    "efficiency 1 s": "Naps of 1 s: ideal time (length x tasks / at once) over the time taken.",
    "echo 1 KiB": "Random bytes there and back.",
    "echo 1 MiB": "Random bytes there and back.",
    "backlog": (
        "Microseconds for each of 1000 tasks, straight on the store's adapter, with so many queued;"
        " redis us is the server's own CPU."
    ),
    "scheduling": "Placements with so many simulated workers, half of their capacity in use.",
    "idle": (
        "All processes of `gofer up` with two children, its store among them, nothing queued;"
        " wake-ups are those of the busiest thread but the store's; memory is PSS."
    ),
    "cold start: up": "`gofer up` over an empty embedded store, to the first result.",
    "cold start: worker": "A push worker, to the first result of a task that waits for it.",
}


def definition(scenario: str) -> str:
    """Return the sentence of a scenario, whatever its size or number of children; or nothing."""
    plain = scenario.removesuffix(", 1 child")
    return DEFINITIONS.get(plain) or DEFINITIONS.get(plain.split(" ")[0], "")
