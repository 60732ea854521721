"""A field that a request's body does not have is refused: a misspelt option is never dropped."""

from typing import Any

import pytest
from msgspec import Struct

from gofer.entrypoints.rest.v1.function_bodies import RegisterFunction
from gofer.entrypoints.rest.v1.schemas import schema
from gofer.entrypoints.rest.v1.task_bodies import Call, NewTask, SubmitBatch, SubmitTask
from tests.unit.entrypoints.rest.v1.speaking import Speaker, decoded, problem_of

SOURCE = "def f():\n    return 1\n"


MISSPELT: list[tuple[str, dict[str, Any]]] = [
    ("tasks", {"function": "f", "retires": 5}),
    ("batches", {"function": "f", "tasks": [{}], "retires": 5}),
    ("batches", {"function": "f", "tasks": [{"retires": 5}]}),
    ("functions/f/call", {"retires": 5}),
    ("functions", {"name": "g", "source": SOURCE, "retires": 5}),
    ("functions", {"name": "g", "source": SOURCE, "defaults": {"retires": 5}}),
    ("functions/preflight", {"name": "g", "source": SOURCE, "retires": 5}),
]


@pytest.mark.parametrize(("path", "body"), MISSPELT)
async def test_a_misspelt_field_is_refused_by_its_name(
    speaker: Speaker, path: str, body: dict[str, Any]
) -> None:
    await speaker.service.register()
    answer = await speaker.post(f"/v1/{path}", body)
    assert problem_of(answer, 422) == "does-not-fit"
    assert "`retires`" in decoded(answer)["detail"]
    assert speaker.service.store.tasks == []


@pytest.mark.parametrize("kind", [Call, NewTask, SubmitBatch, SubmitTask, RegisterFunction])
def test_the_description_says_that_there_are_no_other_fields(kind: type[Struct]) -> None:
    assert schema(kind)["additionalProperties"] is False
