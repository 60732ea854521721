"""What original clients decode of a failure: always an exception, and never a class of ours."""

import pickle
import pickletools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.exceptions import as_exception_pickle
from gofer.domain.task import Cause, Failure
from tests.support.original_client import loads


def read(failure: Failure) -> Exception:
    """Return what a client gets."""
    exception = loads(as_exception_pickle(failure))
    assert isinstance(exception, Exception)
    return exception


def test_the_pickle_that_the_child_made_passes_untouched() -> None:
    made = pickle.dumps(ValueError("the very one"))
    failure = Failure(Cause.EXCEPTION, "ValueError", "the very one", "tb", exception=made)
    assert as_exception_pickle(failure) == made


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (Cause.TIMEOUT, TimeoutError),
        (Cause.MEMORY, MemoryError),
        (Cause.SIGNAL, RuntimeError),
        (Cause.EXIT, RuntimeError),
        (Cause.WORKER_LOST, RuntimeError),
        (Cause.UNSERIALIZABLE, TypeError),
        (Cause.TOO_LARGE, ValueError),
        (Cause.INCOMPATIBLE, RuntimeError),
        (Cause.CANCELLED, RuntimeError),
        (Cause.EXPIRED, TimeoutError),
    ],
)
def test_a_failure_that_the_function_did_not_raise_is_the_nearest_built_in(
    cause: Cause, kind: type[Exception]
) -> None:
    exception = read(Failure(cause, "", "in detail"))
    assert type(exception) is kind
    assert str(exception).endswith(": in detail")


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_says_something_even_where_nothing_is_known(cause: Cause) -> None:
    assert len(str(read(Failure(cause, "", "")))) > 15


@pytest.mark.parametrize("name", ["ZeroDivisionError", "builtins.ZeroDivisionError"])
def test_a_built_in_exception_that_could_not_be_pickled_stays_itself(name: str) -> None:
    exception = read(Failure(Cause.EXCEPTION, name, "division by zero"))
    assert type(exception) is ZeroDivisionError
    assert str(exception) == "division by zero"


@pytest.mark.parametrize("name", ["their.module.Odd", "SystemExit", "KeyboardInterrupt", "eval"])
def test_any_other_type_becomes_a_runtime_error_that_names_it(name: str) -> None:
    exception = read(Failure(Cause.EXCEPTION, name, "it broke"))
    assert type(exception) is RuntimeError
    assert str(exception) == f"{name}: it broke"


def test_the_traceback_is_in_the_notes() -> None:
    exception = read(Failure(Cause.EXCEPTION, "ValueError", "x", traceback="Traceback ...\n  f()"))
    assert exception.__notes__ == ["Traceback ...\n  f()"]


def test_there_are_no_notes_where_there_is_no_traceback() -> None:
    assert not hasattr(read(Failure(Cause.WORKER_LOST, "", "")), "__notes__")


def test_the_message_has_the_evidence_of_a_death() -> None:
    failure = Failure(
        Cause.SIGNAL, "", "", signal=11, peak_rss_kb=300 * 1024, worker="w1", attempt=3
    )
    assert str(read(failure)).endswith(
        "(signal 11 SIGSEGV, peak memory 300 MiB, worker w1, attempt 3)"
    )


def test_an_exit_code_of_zero_is_evidence_too() -> None:
    assert "exit code 0" in str(read(Failure(Cause.EXIT, "", "", exit_code=0)))


def test_a_signal_without_a_name_is_shown_by_its_number() -> None:
    assert "(signal 250)" in str(read(Failure(Cause.SIGNAL, "", "", signal=250)))


@given(
    st.builds(
        Failure,
        cause=st.sampled_from(Cause),
        type=st.text(max_size=20) | st.sampled_from(["ValueError", "KeyError", "OSError"]),
        message=st.text(),
        traceback=st.text(),
        exit_code=st.none() | st.integers(-255, 255),
        signal=st.none() | st.integers(-5, 300),
        worker=st.text(max_size=5),
        attempt=st.integers(0, 9),
    )
)
def test_every_failure_reads_as_an_exception_made_of_built_ins_alone(failure: Failure) -> None:
    written = as_exception_pickle(failure)
    assert isinstance(loads(written), Exception)
    texts = [arg for op, arg, _ in pickletools.genops(written) if "UNICODE" in op.name]
    assert texts[0] == "builtins"
    assert written[1] <= 4
