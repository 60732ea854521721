"""Standard output and error: caught at the descriptors, task by task, and bounded."""

import pytest

from tests.contracts.executor import Bench, double
from tests.integration.processes.conftest import StartBench

CAP = 64 * 1024


async def test_all_ways_of_writing_are_caught_in_order(bench: Bench) -> None:
    def write() -> None:
        import os  # noqa: PLC0415
        import subprocess  # noqa: PLC0415
        import sys  # noqa: PLC0415

        print("print, ü")  # noqa: T201
        sys.stderr.write("error\n")
        os.write(1, b"descriptor\n")
        subprocess.run(["/bin/echo", "process"], check=True)

    (outcome,) = await bench.run(bench.task(write))
    assert outcome.output == "print, ü\nerror\ndescriptor\nprocess\n"


async def test_each_task_has_its_own_output_and_most_have_none(single: Bench) -> None:
    def write(number: int) -> None:
        if number % 10 == 0:
            print(number)  # noqa: T201

    outcomes = await single.run(*(single.task(write, n) for n in range(200)))
    expected = [f"{n}\n" if n % 10 == 0 else "" for n in range(200)]
    assert [outcome.output for outcome in outcomes] == expected


@pytest.mark.parametrize("megabytes", [1, 50])
async def test_of_a_flood_the_end_is_kept_and_the_task_goes_on(
    single: Bench, megabytes: int
) -> None:
    def flood(megabytes: int) -> str:
        import os  # noqa: PLC0415

        block = b"x" * 1024 * 1024
        for _ in range(megabytes):
            view = block
            while view:
                view = view[os.write(1, view) :]
        print("the end")  # noqa: T201
        return "done"

    (outcome,) = await single.run(single.task(flood, megabytes))
    assert outcome.output.endswith("xxx" + "the end\n")
    assert CAP // 2 < len(outcome.output) <= CAP
    assert (await single.run(single.task(double, 1)))[0].output == ""


async def test_the_output_of_a_task_that_ran_into_its_deadline_is_kept(
    start_bench: StartBench,
) -> None:
    def chatter() -> None:
        while True:
            print("still here")  # noqa: T201

    bench = await start_bench(1, grace_s=0.05)
    failure = await bench.failure(chatter, timeout_ms=200)
    assert failure.output.count("still here\n") > 1000
    assert len(failure.output) <= CAP


async def test_bytes_that_are_no_text_do_no_harm(bench: Bench) -> None:
    def write() -> None:
        import os  # noqa: PLC0415

        os.write(2, b"\xff\xfe ok")
        print("\ud800")  # noqa: T201

    (outcome,) = await bench.run(bench.task(write))
    assert outcome.output == "\ufffd\ufffd ok\\ud800\n"


async def test_a_background_flood_does_not_stop_the_next_task(single: Bench) -> None:
    def start() -> None:
        import subprocess  # noqa: PLC0415

        subprocess.Popen(["/usr/bin/yes"], start_new_session=True)

    await single.run(single.task(start))
    assert await single.value(double, 2) == 4
