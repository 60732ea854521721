"""The table of a task's transitions, over the whole product of state and event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.domain.errors import IllegalTransition
from gofer.domain.identifiers import TaskId
from gofer.domain.task import TERMINAL, TRANSITIONS, Budget, TaskEvent, TaskStatus, next_status

TASK = TaskId("0190163d-8694-739b-aea5-966c26f8ad91")
PRODUCT = [(status, event) for status in TaskStatus for event in TaskEvent]
LEGAL = {
    TaskStatus.QUEUED: {
        TaskEvent.CLAIM: TaskStatus.RUNNING,
        TaskEvent.CANCEL: TaskStatus.CANCELLED,
        TaskEvent.EXPIRE: TaskStatus.EXPIRED,
    },
    TaskStatus.RUNNING: {
        TaskEvent.START: TaskStatus.RUNNING,
        TaskEvent.RENEW: TaskStatus.RUNNING,
        TaskEvent.COMPLETE: TaskStatus.COMPLETED,
        TaskEvent.FAIL: TaskStatus.FAILED,
        TaskEvent.REQUEUE: TaskStatus.QUEUED,
        TaskEvent.RELEASE: TaskStatus.QUEUED,
        TaskEvent.CANCEL: TaskStatus.CANCELLED,
    },
    TaskStatus.FAILED: {TaskEvent.RETRY: TaskStatus.QUEUED},
    TaskStatus.CANCELLED: {TaskEvent.RETRY: TaskStatus.QUEUED},
    TaskStatus.EXPIRED: {TaskEvent.RETRY: TaskStatus.QUEUED},
}


@pytest.mark.parametrize(("status", "event"), PRODUCT)
def test_every_event_in_every_state_leads_where_the_design_says_or_is_illegal(
    status: TaskStatus, event: TaskEvent
) -> None:
    expected = LEGAL.get(status, {}).get(event)
    if expected is not None:
        assert next_status(status, event, TASK) is expected
        return
    with pytest.raises(IllegalTransition) as caught:
        next_status(status, event, TASK)
    assert (caught.value.state, caught.value.event, caught.value.task_id) == (status, event, TASK)
    for part in (status, event, TASK):
        assert part in str(caught.value)


def test_the_table_has_no_other_rows() -> None:
    rows = {(status, event) for status, events in LEGAL.items() for event in events}
    assert set(TRANSITIONS) == rows


@given(st.lists(st.sampled_from(list(TaskEvent)), max_size=30))
def test_once_terminal_a_task_never_changes_but_for_one_that_is_tried_again(
    events: list[TaskEvent],
) -> None:
    status = TaskStatus.QUEUED
    for event in events:
        if (status, event) in TRANSITIONS:
            wished = event is TaskEvent.RETRY and status is not TaskStatus.COMPLETED
            assert wished or not status.is_terminal
            status = next_status(status, event, TASK)
    assert status.is_terminal == (status in TERMINAL)


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[TaskStatus.FAILED, TaskEvent.CLAIM] = TaskStatus.RUNNING  # type: ignore[index]


@pytest.mark.parametrize(("redeliveries", "losses"), [(0, 0), (1, 2), (2, 5), (3, 7)])
def test_losses_of_workers_are_borne_more_gently_than_deaths_of_processes(
    redeliveries: int, losses: int
) -> None:
    assert Budget(redeliveries=redeliveries).worker_losses == losses
