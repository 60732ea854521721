"""Bugs to plant in what is handed over: see ``planted_bug.py``."""

from tests.unit.adapters.redis.planted_bug import PlantedBug

PLANTED = [
    PlantedBug(
        "credit is used twice",
        "shared",
        "redis.call('UNLINK', P .. 'credit:' .. taker.owner)",
        "",
        walk=2,
    ),
    PlantedBug(
        "what comes overtakes what waits",
        "shared",
        "free[tag] = due_of(tag) == 0",
        "free[tag] = true",
        walk=14,
    ),
    PlantedBug(
        "what comes overtakes what came with it",
        "shared",
        "free[sub(queue, 3)] = false",
        "",
        walk=38,
    ),
    PlantedBug(
        "more is handed over than there is credit",
        "shared",
        "rooms[tag] = room - 1",
        "",
    ),
    PlantedBug(
        "a paused queue is handed over",
        "shared",
        "served[priority] = redis.call('SISMEMBER', P .. 'paused', priority) == 0",
        "served[priority] = true",
        walk=21,
    ),
    PlantedBug(
        "what is handed over is not leased",
        "shared",
        "leases[2 * n - 1] = until_ms",
        "leases[2 * n - 1] = whole(now_ms())",
    ),
    PlantedBug(
        "what nobody fetches is not taken back",
        "shared",
        "if #elements > 0 and wait > 0 then",
        "if #elements > 0 then",
    ),
    PlantedBug(
        "what was fetched late goes back all the same",
        "shared",
        "if verdict(task, fence, {}, false) == 'R' then",
        "if task then",
        walk=36,
    ),
    PlantedBug(
        "a claim leaves the credit",
        "claim",
        "redis.call('UNLINK', P .. 'credit:' .. owner)",
        "",
        walk=47,
    ),
    PlantedBug(
        "credit that is taken back stays",
        "hush",
        "redis.call('UNLINK', P .. 'credit:' .. owner)",
        "",
        walk=7,
    ),
    PlantedBug(
        "a listen forgets what was handed over",
        "listen",
        "return frame({'', handed, unpack(cancelled)})",
        "return frame({'', '', unpack(cancelled)})",
    ),
]
