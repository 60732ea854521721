"""The original text form: what goes out is exact, what comes in may differ in white space only."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.payload import decode_payload, encode_payload, text
from gofer.domain.errors import InvalidPayload
from tests.support.original_client import dumps


def original(data: bytes) -> str:
    """Return the text that an original client makes of bytes."""
    return codecs.encode(data, "base64").decode()


@given(st.binary(max_size=500))
def test_bytes_are_written_exactly_as_original_clients_write_them(data: bytes) -> None:
    assert encode_payload(data) == original(data)


@given(st.binary(min_size=1, max_size=500))
def test_what_is_written_is_read_back(data: bytes) -> None:
    assert decode_payload(encode_payload(data)) == data


DATA = dumps(({"some": "thing"}, list(range(100))))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(original(DATA), id="as it was sent"),
        pytest.param(original(DATA).strip(), id="stripped"),
        pytest.param(original(DATA).replace("\n", ""), id="on one line"),
        pytest.param(original(DATA).replace("\n", "\r\n"), id="with the line breaks of Windows"),
        pytest.param(f"  \t{original(DATA)}\n\n", id="with blanks around it"),
    ],
)
def test_white_space_does_not_matter(text: str) -> None:
    assert decode_payload(text) == DATA


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        " \n\t ",
        "payload",
        "%%%",
        "not-valid-base64!!!",
        "not_a_function",
        "gASV*AAA",
        "gAS",
        "gASV=AAA",
        "====",
        "AA==AA==",
        "\\n",
        "\N{GREEK SMALL LETTER ALPHA}AAA",
        "\ud800",
        "\0AAA",
    ],
)
def test_rubbish_is_refused_with_a_word_on_what_to_do(rubbish: str) -> None:
    with pytest.raises(InvalidPayload, match=r"encode with codecs\.encode\(dill\.dumps"):
        decode_payload(rubbish)


@given(st.text())
def test_no_text_does_more_than_decode_or_be_refused(text: str) -> None:
    try:
        decoded = decode_payload(text)
    except InvalidPayload:
        return
    assert decoded == codecs.decode(text.encode(), "base64")


def decoded(data: str, slice_chars: int) -> bytes | None:
    """Return what a text decodes to in slices of this size; None for one that is refused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "SLICE_CHARS", slice_chars)
        try:
            return decode_payload(data)
        except InvalidPayload:
            return None


@given(st.text("AQ=\n *", max_size=40), st.integers(1, 12))
def test_a_text_is_the_same_in_slices_as_in_one_piece(data: str, slice_chars: int) -> None:
    assert decoded(data, slice_chars) == decoded(data, 1_000)


@given(st.binary(min_size=1, max_size=200), st.integers(1, 90), st.text(" \n", max_size=9))
def test_what_is_written_is_read_back_in_slices(data: bytes, slice_chars: int, end: str) -> None:
    assert decoded(encode_payload(data) + end, slice_chars) == data
