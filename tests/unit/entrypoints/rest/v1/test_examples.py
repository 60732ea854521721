"""Every example of a body is one: it is read as what it is an example of."""

from typing import Any

import msgspec
import pytest
from msgspec import Struct

from gofer.entrypoints.rest.v1 import (
    bodies,
    explanations,
    function_bodies,
    history_bodies,
    logs,
    operation_bodies,
    problems,
    task_bodies,
    version,
)
from gofer.entrypoints.rest.v1.examples import EXAMPLES, example_of_problem
from gofer.entrypoints.rest.v1.problems import KINDS
from tests.support.web import Web

KINDS_OF_BODIES: dict[str, type[Struct]] = {
    name: kind
    for module in (
        bodies,
        explanations,
        function_bodies,
        history_bodies,
        logs,
        operation_bodies,
        task_bodies,
        version,
    )
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Struct)
}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_read_as_what_it_shows_and_names_no_other_field(name: str) -> None:
    example: dict[str, Any] = EXAMPLES[name]
    read = msgspec.json.decode(msgspec.json.encode(example), type=KINDS_OF_BODIES[name])
    assert set(example) <= set(read.__struct_fields__)


async def test_the_examples_run_one_after_the_other_as_they_stand(service: Web) -> None:
    for path, name, status in (
        ("functions", "RegisterFunction", 201),
        ("tasks", "SubmitTask", 202),
        ("batches", "SubmitBatch", 202),
        ("functions/absolute/call", "Call", 202),
    ):
        answer = await service.client.post(f"/v1/{path}", json=EXAMPLES[name])
        assert answer.status_code == status, answer.text


def test_an_example_of_a_problem_is_one() -> None:
    for status in set(KINDS.values()):
        assert msgspec.convert(example_of_problem(status), problems.Problem).status == status
