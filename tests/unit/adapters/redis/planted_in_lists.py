"""Bugs to plant in what lists tasks: see ``planted_bug.py``."""

from tests.unit.adapters.redis.planted_bug import PlantedBug

PLANTED_IN_LISTS = [
    PlantedBug(
        "who runs a task is not found",
        "find",
        "select(2, since_and_worker(line)) == worker",
        "false",
        walk=4,
    ),
    PlantedBug(
        "a batch is not listed",
        "shared",
        "listed[#listed + 1] = batch",
        "listed[#listed + 1] = 'x'",
        walk=4,
    ),
    PlantedBug(
        "an ended task is not found",
        "find",
        "if task and found",
        "if task and string.sub(task, 1, 1) ~= 'C' and found",
        walk=5,
    ),
    PlantedBug(
        "one of a leaf is listed",
        "shared",
        "'leaf:' .. start, unpack(ends)",
        "'leaf:' .. start, ends[1]",
        walk=5,
    ),
    PlantedBug("a leaf is not looked into", "find", "table.sort(leaf)\n  left = #leaf", "", walk=5),
    PlantedBug("a leaf is told in any order", "find", "table.sort(leaf)", "", walk=7),
    PlantedBug(
        "a leaf hides what came alone", "find", "leaf[left] > least", "leaf[left] > ''", walk=12
    ),
    PlantedBug(
        "the rest of a leaf is left out",
        "find",
        "if cursor ~= '' then open(cursor) end",
        "",
        walk=3,
    ),
]
