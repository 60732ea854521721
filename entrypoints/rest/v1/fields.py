"""The kinds of fields that bodies under /v1 are made of, with bounds and descriptions."""

import datetime as dt
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ....domain.submissions import TAG_CHARS, TAGS_MOST, UNSEEN
from ....domain.task import Cause, TaskStatus

MOST_TASKS = 10_000
"""Tasks of one batch, as the API promises them."""

MOST_S = 366 * 86_400
"""The longest delay and time limit, in seconds."""

NAME = "absolute"
"""What the example of a function is called: those of tasks run it."""

FUNCTION = "01890a5d-ac96-774b-bcce-b302099a8057"
TASK = "01890a5d-ac96-774b-8cce-b302099a8058"
BATCH = "01890a5d-ac96-7400-a21f-5b0a993b0000"
MEMBER = "01890a5d-ac96-7400-a21f-5b0a993b0001"
"""Ids for examples."""

CALL = "gASVDAAAAAAAAABK6////4WUfZSGlC4="
"""The pickle of ``((-21,), {})`` in base64, for examples."""

Reference = Annotated[
    str,
    Meta(
        description="A function: its id, its name (the newest version), or name@version.",
        min_length=1,
        max_length=400,
        examples=[NAME],
    ),
]
Payload = Annotated[
    bytes, Meta(description="The pickle of (args, kwargs), a tuple and a dict.", examples=[CALL])
]
Args = Annotated[
    list[Any], Meta(description="Arguments by position: plain data.", examples=[[-21]])
]
Kwargs = Annotated[dict[str, Any], Meta(description="Arguments by name: plain data.")]
Priority = Annotated[int, Meta(ge=0, le=2, description="0 is served first.")]
Delay = Annotated[float, Meta(ge=0, le=MOST_S, description="Seconds until it may start.")]
Moment = Annotated[dt.datetime, Meta(tz=True)]
Timeout = Annotated[float, Meta(gt=0, le=MOST_S, description="Seconds that one try may take.")]
Tries = Annotated[int, Meta(ge=0, le=1_000)]
Retries = Annotated[Tries, Meta(description="Further tries after the code has raised.")]
Redeliveries = Annotated[
    Tries, Meta(description="Further tries after the task's own process has died.")
]
ResultTtl = Annotated[
    float,
    Meta(
        gt=0,
        le=MOST_S,
        description="Seconds that the result is kept after the task's end, if that is less than "
        "the service keeps the task itself.",
    ),
]
Tag = Annotated[str, Meta(min_length=1, max_length=TAG_CHARS, pattern=f"^[^{UNSEEN}]+$")]
Tags = Annotated[
    list[Tag],
    Meta(
        max_length=TAGS_MOST,
        description="Words by which it is found again.",
        extra_json_schema={"uniqueItems": True},
    ),
]
Links = Annotated[dict[str, str], Meta(description="Where else to look, by name.")]
Status = Annotated[
    str,
    Meta(examples=["COMPLETED"], extra_json_schema={"enum": [str(each) for each in TaskStatus]}),
]
CauseName = Annotated[str, Meta(extra_json_schema={"enum": [each.value for each in Cause]})]
At = Annotated[str, Meta(description="RFC 3339, UTC.", extra_json_schema={"format": "date-time"})]
BatchUuid = Annotated[str, Meta(description="The id of a batch.", examples=[BATCH])]
TaskUuid = Annotated[str, Meta(description="The id of a task.", examples=[TASK])]
FunctionUuid = Annotated[str, Meta(description="The id of a function.", examples=[FUNCTION])]
Value = Annotated[
    msgspec.Raw, Meta(description="The value, in JSON and where it is plain data; else absent.")
]
NextCursor = Annotated[
    str | None, Meta(description="Where the next page begins; null: this is the last one.")
]
