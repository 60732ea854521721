"""Exit codes as a person reads them."""

import os
import signal

import pytest

from gofer.adapters.processes import deaths
from gofer.domain.task import Cause


@pytest.mark.parametrize("code", [0, 1, 255])
def test_an_exit_code_is_an_exit(code: int) -> None:
    trouble = deaths.of_exit(code, out_of_memory=False)
    assert (trouble.cause, trouble.exit_code, trouble.signal) == (Cause.EXIT, code, None)
    assert f"exit code {code}" in trouble.message


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGBUS])
def test_a_signal_is_named(number: signal.Signals) -> None:
    trouble = deaths.of_exit(-number, out_of_memory=False)
    assert (trouble.cause, trouble.signal, trouble.exit_code) == (Cause.SIGNAL, number, None)
    assert f"{number.name} ({number.value})" in trouble.message


def test_a_signal_that_has_no_name_is_numbered() -> None:
    assert deaths.signal_name(50) == "signal 50"


def test_sigkill_while_the_kernel_ran_out_of_memory_is_a_lack_of_memory() -> None:
    assert deaths.of_exit(-signal.SIGKILL, out_of_memory=True).cause is Cause.MEMORY
    assert deaths.of_exit(-signal.SIGSEGV, out_of_memory=True).cause is Cause.SIGNAL


def test_the_coroner_blames_memory_only_for_what_the_kernel_has_counted_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = iter([3, 3, 4, 4])
    monkeypatch.setattr(deaths, "oom_kills", lambda: next(counts))
    coroner = deaths.Coroner()
    causes = [coroner.of_exit(-signal.SIGKILL).cause for _ in range(3)]
    assert causes == [Cause.SIGNAL, Cause.MEMORY, Cause.SIGNAL]


def test_what_the_system_does_not_tell_is_zero() -> None:
    assert deaths.peak_rss_kb(2**22 + 1) == 0
    assert deaths.oom_kills() >= 0


def test_the_peak_memory_of_a_living_process_is_told() -> None:
    assert deaths.peak_rss_kb(os.getpid()) > 1000
