"""Fuzzes the targets, guided by coverage, for as long as one likes: ``make fuzz``.

    python -m tests.fuzz.campaign [TARGET...] [--seconds N] [--corpus DIRECTORY] [--seed N]

Each target runs in a process of its own, with bounds: an input that takes longer than 10 s or more
than 2 GiB is a finding too. What was found stands in the output with the command that replays it:

    python -m tests.fuzz.campaign TARGET --replay FILE

Needs atheris, which is not among the test requirements (``requirements/fuzz.txt``).
"""

import argparse
import importlib
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.support.checkout import ROOT

TIMEOUT_S = 10
MEMORY_MB = 2048
LARGEST_BYTES = 16 * 1024
NAMES = (
    "dispatcher",
    "worker",
    "batches",
    "frames",
    "store",
    "inspector",
    "text",
    "rest",
    "head",
)
WATCHED = ["gofer.adapters", "gofer.entrypoints.rest", "gofer.domain", "uvicorn", "pickletools"]


def main() -> int:
    """Fuzz, or replay a finding; return how many targets have one."""
    parser = argparse.ArgumentParser(prog="campaign", description="Fuzz, guided by coverage.")
    parser.add_argument("targets", nargs="*", choices=[*NAMES, []], default=[])
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--corpus", type=Path, default=ROOT / "build" / "fuzz")
    parser.add_argument("--seed", type=int, default=0, help="of libFuzzer; 0: another each time")
    parser.add_argument("--replay", type=Path, help="run one target on one file, and nothing else")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    targets: list[str] = given.targets or list(NAMES)
    if given.replay is not None:
        return _replay(targets[0], given.replay)
    if given.inside:
        return _fuzz(targets[0], given.seconds, given.corpus, given.seed)
    found = [name for name in targets if not _campaign(name, given)]
    print(f"{len(targets)} targets, findings in: {', '.join(found) or 'none'}")  # noqa: T201
    return len(found)


def _campaign(name: str, given: argparse.Namespace) -> bool:
    """Fuzz one target in a process of its own; print its figures and return whether it is clean."""
    folder = given.corpus / name
    folder.mkdir(parents=True, exist_ok=True)
    log = given.corpus / f"{name}.log"
    command = [sys.executable, "-m", "tests.fuzz.campaign", name, "--inside"]
    command += ["--seconds", str(given.seconds), "--corpus", str(folder), "--seed", str(given.seed)]
    started = time.monotonic()
    with log.open("wb") as output:
        code = subprocess.run(
            command, cwd=ROOT, stdout=output, stderr=output, check=False
        ).returncode
    said = log.read_text(errors="replace")
    runs = re.findall(r"(?:Done |#)(\d+)", said) or ["0"]
    covered = re.findall(r"\bcov: (\d+)", said) or ["0"]
    seconds = time.monotonic() - started
    print(  # noqa: T201
        f"{name:10} {int(runs[-1]):10} executions in {seconds:4.0f} s, {covered[-1]} edges, "
        f"{'nothing found' if code == 0 else f'FOUND something: {log}'}",
        flush=True,
    )
    return code == 0


def _fuzz(name: str, seconds: int, corpus: Path, seed: int) -> int:
    """Hand one target to libFuzzer, which ends this process."""
    fuzzer: Any = importlib.import_module("atheris")
    with fuzzer.instrument_imports(include=WATCHED):
        from tests.fuzz.seeds import damaged, seeds  # noqa: PLC0415 - instrumented on import
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415
    for number, data in enumerate(seeds(name)):
        (corpus / f"seed-{number}").write_bytes(data)

    def mutate(data: bytes, most: int, number: int) -> bytes:
        generator = random.Random(number)
        if generator.random() < 0.5:
            mutated: bytes = fuzzer.Mutate(data, most)
            return mutated
        return damaged(data, generator)[:most]

    arguments = [
        sys.argv[0],
        f"-max_total_time={seconds}",
        f"-timeout={TIMEOUT_S}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-max_len={LARGEST_BYTES}",
        f"-artifact_prefix={corpus.parent / name}-finding-",
        f"-seed={seed}",
        str(corpus),
    ]
    fuzzer.Setup(arguments, TARGETS[name], custom_mutator=mutate)
    fuzzer.Fuzz()
    return 0


def _replay(name: str, file: Path) -> int:
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - not before it is instrumented above

    TARGETS[name](file.read_bytes())
    print("nothing is wrong with this input any more")  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
