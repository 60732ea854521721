"""``gofer batch ...``: tasks that were submitted together."""

from typing import Annotated, Any

import typer

from .asking import ask, path, service
from .options import AsJson, Url
from .outcome import value_of
from .showing import part, print_fields, print_json, spoken

app = typer.Typer(no_args_is_help=True, help="Look at tasks that were submitted together.")

BatchId = Annotated[str, typer.Argument(metavar="ID", help="Of the batch.")]
WAIT_S = 20.0


@app.command()
def show(batch_id: BatchId, url: Url = None, as_json: AsJson = False) -> None:
    """Show how many tasks of a batch stand where."""
    batch = ask(url, "GET", path("batches", batch_id))
    if as_json:
        print_json(batch)
    else:
        counts = batch.pop("counts", {})
        print_fields({name: each for name, each in batch.items() if name != "links"} | counts)


@app.command()
def results(
    batch_id: BatchId,
    wait: Annotated[bool, typer.Option(help="Until all have ended, or what there is now.")] = True,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Print results as tasks end, one a line: position, status, value or error.

    Exits with 1 if a task did not complete.
    """
    failed, cursor, done = 0, "0", False
    told: dict[int, str] = {}
    with service(url) as client:
        while not done:
            query = {"cursor": cursor, "wait": WAIT_S if wait else 0}
            page = client.request("GET", path("batches", batch_id, "results"), query=query)
            for item in page["items"]:
                if told.get(item["position"]) == item["status"]:
                    continue  # the store had lost that it was told
                told[item["position"]] = item["status"]
                failed += item["status"] != "COMPLETED"
                if as_json:
                    print_json_line(item)
                else:
                    typer.echo(f"{item.get('position', '')}\t{item['status']}\t{_shown(item)}")
            done = page["done"] or (not wait and not page["items"])
            cursor = page["next_cursor"]
    if failed:
        raise typer.Exit(1)


@app.command()
def cancel(batch_id: BatchId, url: Url = None, as_json: AsJson = False) -> None:
    """Cancel all tasks of a batch that have not ended."""
    answer = ask(url, "POST", path("batches", batch_id, "cancel"))
    if as_json:
        print_json(answer)
    else:
        print_fields({name: value for name, value in answer.items() if name != "links"})


def print_json_line(content: Any) -> None:
    """Print JSON in one line, wherever it goes: JSON lines."""
    import json  # noqa: PLC0415 - see the package

    typer.echo(json.dumps(content, ensure_ascii=False, default=str))


def _shown(item: Any) -> str:
    if item["status"] == "COMPLETED":
        return spoken(value_of(item))
    error = part(item, "error")
    return ": ".join(filter(None, (error.get("type"), error.get("message"))))
