"""What was raised, as bounded plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.processes import troubles
from gofer.adapters.processes.frames import Trouble
from gofer.domain.task import Cause


@given(st.text(st.characters()), st.integers(64, 200))
def test_any_text_becomes_proper_and_bounded(text: str, most: int) -> None:
    cut = troubles.bounded(text, most)
    assert len(cut) <= most
    assert cut.encode().decode() == cut


def test_both_ends_of_a_long_text_are_kept() -> None:
    cut = troubles.bounded("begin" + "x" * 1000 + "end", 100)
    assert cut.startswith("begin")
    assert cut.endswith("end")


def test_a_class_is_named_with_its_module_unless_everybody_knows_it() -> None:
    script = type("Mine", (ValueError,), {"__module__": "__main__"})
    names = [troubles.type_name(kind) for kind in (ValueError, script, Trouble)]
    assert names == ["ValueError", "Mine", "gofer.adapters.processes.frames.Trouble"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (type("Mine", (KeyError,), {})("k"), KeyError),
        (type("Mine", (Exception,), {})("k"), Exception),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "bad"), UnicodeError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_the_nearest_built_in_takes_a_message(
    error: BaseException, kind: type[BaseException]
) -> None:
    nearest = troubles.nearest_builtin(error, "what happened")
    assert isinstance(nearest, kind)
    assert "what happened" in str(nearest)


@pytest.mark.parametrize(
    ("code", "number"), [(None, 0), (3, 3), ("bye", 1), (True, 1), ([1], 1), (-1, -1)]
)
def test_sys_exit_is_an_exit_with_the_code_that_a_shell_would_see(
    code: object, number: int
) -> None:
    trouble = troubles.exit_trouble(SystemExit(code), "traceback")
    assert (trouble.cause, trouble.exit_code) == (Cause.EXIT, number)


def test_a_traceback_leaves_out_our_own_frames() -> None:
    def users_code() -> None:
        raise ValueError("theirs")

    with pytest.raises(ValueError, match="theirs") as caught:
        users_code()
    assert "in users_code" in troubles.traceback_of(caught.value, "another file")
    assert troubles.traceback_of(caught.value, __file__) == "ValueError: theirs\n"
