"""A long seeded walk of the store machine: the same steps for the same seed, and no shrinking.

Where hypothesis looks for the shortest history, this goes through many states quickly: it submits,
claims and ends tasks more often than it asks for nonsense. It serves to see planted bugs.
"""

from collections.abc import Callable
from random import Random

from gofer.domain.policy import HANDED_MS, Charge, Requeue
from gofer.domain.task import Budget, Idempotency
from tests.contracts.store_backend import FOREIGN, FOREIGN_TAG, FUNCTION, TAG
from tests.contracts.store_choices import ADDED, BATCHES, UNKNOWN
from tests.contracts.store_machine_history import QUERIES, WholeStoreMachine

RARELY, MISSED = 0.1, 0.3
LOOK_EVERY, TELL_EVERY = 4, 12

_VERBS = (
    ("submit", 5),
    ("claim", 7),
    ("start", 4),
    ("start twice", 2),
    ("advance", 5),
    ("reap", 4),
    ("fail", 4),
    ("release", 4),
    ("cancel", 3),
    ("listen", 3),
    ("hand over", 3),
    ("hush", 0.5),
    ("complete", 4),
    ("renew", 2),
    ("adopt", 2),
    ("adopt and cancel", 2),
    ("look", 1),
    ("name batch", 0.5),
    ("forge", 2),
    ("retry", 4),
    ("pause", 0.3),
    ("resume", 1),
    ("purge", 0.3),
    ("find", 1),
    ("jump", 0.3),
    ("remember", 1),
    ("roll back", 1),
)


def walk(machine: WholeStoreMachine, seed: int, steps: int) -> int:
    """Take ``steps`` steps; return how many answers were compared.

    Raises AssertionError where the stores differ. The answers are compared at every step, the
    tasks and the keys at some: a difference stays.
    """
    random = Random(seed)
    verbs, weights = zip(*_VERBS, strict=True)
    for step in range(1, steps + 1):
        _step(machine, random, random.choices(verbs, weights)[0])
        if step % LOOK_EVERY == 0:
            machine.both_show_the_same_tasks()
            machine.each_unfinished_task_is_in_one_place()
        if step % TELL_EVERY == 0:
            machine.both_tell_of_the_same_attempts_and_queues()
    return machine.answers


def _step(machine: WholeStoreMachine, random: Random, verb: str) -> None:
    few = [random.choice([0, 0, 1, 1, 2, 3, 5]) for _ in range(random.choice([1, 1, 2, 3]))]
    lease_ms = random.choice([0, 10, 10, 1_000])
    delay_ms = random.choice([0, 0, 5, 50])
    owner = random.choice(["d1", "d2"])
    run_ms = random.choice([0.0, 1.5, float("inf")])
    requeue = Requeue(random.choice(list(Charge)), delay_ms)
    function = random.choice([FUNCTION, FUNCTION, FOREIGN])
    wants = random.choice(
        [{TAG: 2}, {TAG: 4}, {TAG: 1, FOREIGN_TAG: 2}, {FOREIGN_TAG: 1}, {TAG: 0}]
    )
    steps: dict[str, Callable[[], None]] = {
        "submit": lambda: machine.submit(
            [(random.randint(0, 2), delay_ms, Budget(0, random.randint(0, 1))) for _ in few],
            function_id=UNKNOWN if random.random() < RARELY else function.id,
            again=random.choice([None, None, few[0]]),
            wish=random.choice([None, None, Idempotency("k", random.choice("0f"))]),
            batch=random.choice([None, *BATCHES]),
            payload=random.choice(ADDED),
            told=(
                random.choice([(), ("a", "b c")]),
                random.choice([0, 0, 0, 5, 50]),
                10**9 * (few[0] % 2),
            ),
        ),
        "claim": lambda: machine.claim(owner, wants, lease_ms),
        "start": lambda: machine.start(few),
        "start twice": lambda: _start_twice(machine, few),
        "advance": lambda: machine.advance(random.choice([1, 10, 10, 100])),
        "reap": lambda: machine.reap(random.choice([1, 3])),
        "fail": lambda: machine.fail(
            few, run_ms, random.choice([None, requeue, requeue]), random.choice(ADDED)
        ),
        "release": lambda: machine.release(few, delay_ms, random.choice(["", "no worker"])),
        "cancel": lambda: machine.cancel(few),
        "listen": lambda: machine.listen(owner, random.choice([{}, wants, wants]), lease_ms),
        "hand over": lambda: _hand_over(machine, random, owner),
        "hush": lambda: machine.hush(owner),
        "name batch": lambda: machine.name_batch(BATCHES[0], random.choice("0f"), "l"),
        "complete": lambda: machine.complete(few, run_ms, random.choice(ADDED)),
        "renew": lambda: machine.renew(few, lease_ms),
        "adopt": lambda: machine.adopt(few, owner, lease_ms),
        "adopt and cancel": lambda: _adopt_and_cancel(machine, few, owner),
        "look": lambda: machine.look(few),
        "forge": lambda: machine.forge(few[0], random.randint(0, 3), random.choice(["", "0"])),
        "retry": lambda: machine.retry(few),
        "pause": lambda: machine.pause(few[0] % 3, paused=True),
        "resume": lambda: machine.pause(few[0] % 3, paused=False),
        "purge": lambda: machine.purge(few[0] % 3),
        "find": lambda: machine.find(random.choice(QUERIES), few[0] + 1),
        "jump": lambda: machine.jump(1),
        "remember": machine.remember,
        "roll back": machine.roll_back,
    }
    steps[verb]()


def _start_twice(machine: WholeStoreMachine, few: list[int]) -> None:
    machine.start(few)
    machine.advance(10)
    machine.start(few)
    machine.both_show_the_same_tasks()


def _hand_over(machine: WholeStoreMachine, random: Random, owner: str) -> None:
    machine.give_credit(owner, {TAG: random.choice([1, 2])})
    if random.random() < RARELY:
        machine.hush(owner)
    for _ in range(random.choice([1, 2])):
        wishes = [(random.choice([1, 1, 2]), 0, Budget(0, 1)) for _ in range(random.choice([1, 3]))]
        machine.submit(wishes, FUNCTION.id, None)
        machine.both_show_the_same_tasks()
    if random.random() < RARELY:
        machine.cancel([0, 1])
    if random.random() < MISSED:
        machine.advance(HANDED_MS)
        machine.claim(random.choice(["d1", "d2"]), {TAG: 1}, 1_000)
    machine.listen(owner, {})


def _adopt_and_cancel(machine: WholeStoreMachine, few: list[int], owner: str) -> None:
    machine.adopt(few, owner, 10)
    adopted = [attempt.task_id for attempt in machine.chosen(few)]
    machine.both(lambda store: store.cancel(adopted))
    machine.listen("d1", {})
    machine.listen("d2", {})
