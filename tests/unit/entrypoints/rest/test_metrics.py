"""``/metrics``: what a service and its store have to tell, in the format of Prometheus."""

from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from gofer import __version__
from gofer.domain.errors import StoreUnavailable
from gofer.domain.ports import Standing, WorkerState
from gofer.domain.task import Success
from tests.contracts.worker_store import sighting
from tests.support.web import Web, WebStore, web

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scraped(service: Web, **headers: str) -> Samples:
    """Return all samples by name and labels."""
    answer = await service.client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


async def test_tasks_are_counted_where_they_are() -> None:
    async with web() as service:
        function = await service.register()
        for _ in range(3):
            await service.execute(function, 1)
        await service.store.run_next(Success(b""))
        await service.store.run_next()
        samples = await scraped(service)
    assert value(samples, "gofer_queue_depth", priority="1") == 1
    assert value(samples, "gofer_queue_depth", priority="0") == 0
    assert value(samples, "gofer_tasks_running") == 1
    assert value(samples, "gofer_tasks_submitted_total") == 3
    assert value(samples, "gofer_tasks_finished_total", status="completed") == 1
    assert value(samples, "gofer_tasks_finished_total", status="failed") == 0
    age = value(samples, "gofer_queue_oldest_age_seconds", priority="1")
    assert age is not None
    assert 0 <= age < 60


async def test_a_paused_queue_shows() -> None:
    async with web() as service:
        await service.store.queues.pause(2)
        samples = await scraped(service)
    paused = [value(samples, "gofer_queue_paused", priority=str(n)) for n in range(3)]
    assert paused == [0, 0, 1]


async def test_workers_are_counted_by_state_and_only_live_ones_have_slots() -> None:
    async with web() as service:
        lost = replace(sighting("w3"), state=WorkerState.LOST)
        await service.store.workers.muster("d", "push", [sighting("w1"), sighting("w2"), lost])
        samples = await scraped(service)
    assert value(samples, "gofer_workers", state="ready") == 2
    assert value(samples, "gofer_workers", state="draining") == 0
    assert value(samples, "gofer_workers", state="lost") == 1
    assert value(samples, "gofer_worker_slots") == 4
    assert value(samples, "gofer_worker_tasks") == 6


async def test_requests_are_counted_by_route_and_status() -> None:
    async with web() as service:
        function = await service.register()
        for _ in range(2):
            task = await service.execute(function, 1)
            await service.client.get(f"/status/{task}")
        await service.client.get("/status/018bcfe5-6800-7000-8000-000000000001")
        samples = await scraped(service)
    name = "gofer_http_requests_total"
    assert value(samples, name, method="POST", route="/execute_function", status="200") == 2
    route = "/status/{task_id}"
    assert value(samples, name, method="GET", route=route, status="200") == 2
    assert value(samples, name, method="GET", route=route, status="404") == 1


async def test_two_applications_count_for_themselves() -> None:
    async with web() as one, web() as other:
        await one.register()
        samples = await scraped(other)
    registered = {"method": "POST", "route": "/register_function", "status": "200"}
    assert value(samples, "gofer_http_requests_total", **registered) is None


async def test_it_says_which_gofer_answers_and_that_the_store_does() -> None:
    async with web() as service:
        samples = await scraped(service)
    versions = {dict(labels)["version"] for name, labels in samples if name == "gofer_build_info"}
    assert versions == {__version__}
    assert value(samples, "gofer_store_up") == 1
    assert value(samples, "gofer_store_round_trip_seconds") is not None
    assert value(samples, "process_open_fds") is not None


class Away:
    """Queues of a store that does not answer."""

    async def standing(self) -> Standing:
        raise StoreUnavailable("a test said so")


async def test_while_the_store_is_away_the_service_still_tells_of_itself() -> None:
    store = WebStore()
    store.queues = Away()  # type: ignore[assignment] # only what is asked is there
    async with web(store) as service:
        samples = await scraped(service)
    assert value(samples, "gofer_store_up") == 0
    assert value(samples, "gofer_tasks_running") is None
    assert any(name == "gofer_build_info" for name, _ in samples)


async def test_who_asks_for_openmetrics_gets_it() -> None:
    async with web() as service:
        accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
        answer = await service.client.get("/metrics", headers=accept)
        plain = await service.client.get("/metrics")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
    assert plain.headers["content-type"].startswith("text/plain")
