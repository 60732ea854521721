"""Bugs to plant in the scripts, each a change of their text, to see that the tests would see it."""

from tests.unit.adapters.redis.planted_bug import PlantedBug

PLANTED = [
    PlantedBug("the fence is not checked", "shared", "if held ~= fence then return 'S' end", ""),
    PlantedBug(
        "only the number is the fence",
        "shared",
        "if held ~= fence then",
        "if string.match(held, '%d+') ~= string.match(fence, '%d+') then",
        walk=8,
    ),
    PlantedBug("ends are accepted after the end", "shared", "if state == 'R' then", "if true then"),
    PlantedBug("heads become tails", "shared", "redis.call('LPUSH', P", "redis.call('RPUSH', P"),
    PlantedBug(
        "heads in the wrong order",
        "shared",
        "for i = #list, 1, -1 do",
        "for i = 1, #list do",
        walk=13,
    ),
    PlantedBug(
        "the bell is forgotten", "shared", "unpack(mortals)) end\n  ring()", "unpack(mortals)) end"
    ),
    PlantedBug("strikes are losses", "fail", "strike = 2", "strike = 3", walk=2),
    PlantedBug(
        "a result with a time of its own is cut",
        "shared",
        "local result = string.sub(body, at + length)",
        "local result = string.sub(body, at + length + 1)",
        walk=5,
    ),
    PlantedBug("a delay is forgotten", "shared", "if delay > 0 then", "if delay > 1e9 then"),
    PlantedBug(
        "a delay ends too late", "shared", "= whole(now + delay)", "= whole(now + delay + 1)"
    ),
    PlantedBug(
        "released tasks are queued twice", "release", "settle()", "settle() settle()", walk=1
    ),
    PlantedBug(
        "a release is a loss",
        "release",
        "created, spent, head, waits,",
        "created, charged(spent, 3), head, waits,",
        walk=1,
    ),
    PlantedBug(
        "a release dates a start", "release", "own, '-', created", "own, '1', created", walk=1
    ),
    PlantedBug(
        "a release forgets the lease",
        "release",
        "redis.call('ZREM', P .. 'lease', unpack(ids))",
        "",
        walk=1,
    ),
    PlantedBug(
        "a completion forgets the lease",
        "complete",
        "redis.call('ZREM', P .. 'lease', unpack(ids))",
        "",
        walk=2,
    ),
    PlantedBug("a completion repeats itself", "complete", "seen[id] = true", "", walk=1),
    PlantedBug(
        "a failed task counts as completed",
        "complete",
        "{C = true}",
        "{C = true, F = true}",
        walk=8,
    ),
    PlantedBug(
        "a start is dated again",
        "start",
        "if started == '-' then started",
        "if true then started",
        walk=2,
    ),
    PlantedBug("who lost a task is forgotten", "reap", "(worker or '-')", "'-'", walk=16),
    PlantedBug(
        "who ran a cancelled task is forgotten",
        "shared",
        "if queued and worker ~= ''",
        "if false",
        walk=3,
    ),
    PlantedBug(
        "a stale renewal moves the lease", "renew", "if answer == 'R' then", "if answer ~= 'G' then"
    ),
    PlantedBug(
        "the adopter is not told", "adopt", "fence, owner, started", "fence, 'd9', started", walk=2
    ),
    PlantedBug("attempts are not counted", "claim", "whole(last + 1)", "whole(last)"),
    PlantedBug(
        "delayed tasks push in", "claim", "redis.call('RPUSH'", "redis.call('LPUSH'", walk=2
    ),
    PlantedBug("the claim does not ring again", "claim", "if more then ring() end", "", walk=2),
    PlantedBug(
        "priorities are upside down",
        "claim",
        "for priority = 0, 2 do\n  local queues",
        "for priority = 2, 0, -1 do\n  local queues",
    ),
    PlantedBug(
        "tasks of any environment are claimed",
        "shared",
        "return priority .. ':' .. tag",
        "return priority .. ':cpython-3.11'",
    ),
    PlantedBug(
        "a reason outlives its wait",
        "claim",
        "before .. rest)",
        "before .. match(task, '^%a+ %d+ [^ ]+ [^ ]+ [^ ]+ (.*)$'))",
        walk=1,
    ),
    PlantedBug(
        "a lease that ends now is not expired",
        "reap",
        "'-inf', whole(now)",
        "'-inf', '(' .. whole(now)",
    ),
    PlantedBug(
        "whoever never started pays",
        "reap",
        "charged(spent, started and 3)",
        "charged(spent, 3)",
    ),
    PlantedBug(
        "losses have no end", "reap", "local failed = started and", "local failed = false and"
    ),
    PlantedBug("one loss too many", "reap", "losses >= ", "losses > "),
    PlantedBug(
        "ids are overwritten", "submit", "if seen[id] or not fresh and", "if seen[id] or false and"
    ),
    PlantedBug(
        "a batch forgets what ended", "shared", "key, state, #positions", "key, 'E', #positions"
    ),
    PlantedBug(
        "a batch ends early", "shared", "':e', unpack(positions)", "':e', positions[1]", walk=2
    ),
    PlantedBug("a batch counts twice", "shared", "'n', #positions", "'n', 2 * #positions"),
    PlantedBug("a batch grows unseen", "submit", "enter(new, created)", ""),
    PlantedBug("a long payload is lost", "submit", "P .. 'p:' .. id", "P .. 'p:'"),
    PlantedBug("a task never expires", "shared", "if expiry then", "if false then"),
    PlantedBug(
        "a delayed task never expires",
        "shared",
        "state == 'Q' or state == 'D' then\n      local",
        "state == 'Q' then\n      local",
        walk=6,
    ),
    PlantedBug(
        "a running task expires",
        "shared",
        "state == 'Q' or state == 'D' then\n      local",
        "true then\n      local",
        walk=5,
    ),
    PlantedBug("a second wait is not dated", "claim", "(queued and '- -' .. queued or '')", "''"),
    PlantedBug(
        "a claim leaves expired tasks",
        "claim",
        "and expire(now",
        "and false and expire(now",
        walk=4,
    ),
    PlantedBug("a retry leaves what was spent", "retry", "'0,0,0', head", "'1,0,0', head", walk=7),
    PlantedBug(
        "a retry forgets its past",
        "retry",
        "remember(id, task",
        "local _ = tostring(id, task",
        walk=7,
    ),
    PlantedBug(
        "a retried task stays counted",
        "shared",
        "redis.call('HINCRBY', key, state, -1)",
        "",
        walk=7,
    ),
    PlantedBug(
        "an end that was taken back is told",
        "shared",
        "redis.call('LSET', key .. ':e', place, NO_TASK)",
        "",
        walk=6,
    ),
    PlantedBug(
        "a retried task expires at once",
        "retry",
        "options = rest == ';' and '-' or rest",
        "options = options",
        walk=15,
    ),
    PlantedBug(
        "a cancelled task loses its payload",
        "shared",
        "if not long and not REPORTED",
        "if false and not REPORTED",
    ),
    PlantedBug(
        "a second cancel says that nothing ran",
        "cancel",
        "string.sub(tasks[n], 2, 2) == 'r' and 'S' or 'P'",
        "'P'",
    ),
    PlantedBug(
        "what was completed is tried again",
        "retry",
        "COUNTED = {F = 'F',",
        "COUNTED = {C = 'C', F = 'F',",
    ),
    PlantedBug(
        "a lost attempt is not remembered", "reap", "if started then", "if false then", walk=16
    ),
    PlantedBug(
        "a released attempt is not remembered",
        "release",
        "if started ~= '-' then",
        "if false then",
        walk=7,
    ),
    PlantedBug("a paused queue is served", "claim", "paused[priority] = true", "", walk=14),
    PlantedBug("who resumes does not ring", "pause", "ring()", "", walk=6),
    PlantedBug("a purge leaves the delayed", "purge", "cancel(ids, 'D')", "#ids"),
    PlantedBug("a purge takes the others", "purge", "string.sub(queue, 1, 1) == priority", "true"),
    PlantedBug("a long result is lost", "complete", "P .. 'x:' .. ids[k]", "P .. 'x:'", walk=2),
    PlantedBug("a long exception is lost", "fail", "P .. 'x:' .. id", "P .. 'x:'", walk=5),
    PlantedBug(
        "results are mixed up",
        "complete",
        "results[n] = longs",
        "results[n] = #ARGV - 2 - longs",
        walk=4,
    ),
    PlantedBug(
        "exceptions are mixed up",
        "fail",
        "exceptions[n] = longs",
        "exceptions[n] = #ARGV - 2 - longs",
        walk=3,
    ),
    PlantedBug(
        "payloads are mixed up",
        "submit",
        "payloads[id] = longs",
        "payloads[id] = #ARGV - 3 - longs",
        walk=2,
    ),
    PlantedBug("a body that nobody keeps stays", "submit", "discard()", ""),
    PlantedBug("a result that nobody keeps stays", "complete", "discard()", ""),
    PlantedBug("one task too many", "submit", "room <= 0", "room < 0", walk=2),
    PlantedBug(
        "a running task is cancelled in silence",
        "cancel",
        "redis.call('RPUSH', inbox, unpack(list))",
        "",
    ),
]
