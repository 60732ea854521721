"""The curl calls that pages show, made without curl: the machine need not have it."""

import json
import re
import shlex
import urllib.request
from typing import Any


def pairs(block: str) -> list[tuple[str, dict[str, Any]]]:
    """Return each call with the answer that stands below it."""
    lines = block.replace("\\\n", " ")
    found = re.findall(r"^(curl .*)\n# (\{.*\})$", lines, re.MULTILINE)
    assert len(found) == lines.count("curl ")
    return [(call, json.loads(answer)) for call, answer in found]


def curl(line: str) -> dict[str, Any]:
    """Do what curl does with the few options that the pages use."""
    words = shlex.split(line)[1:]
    data, headers, url = None, dict[str, str](), ""
    while words:
        word = words.pop(0)
        if word == "-d":
            data = words.pop(0).encode()
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word != "-s":
            url = word
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - our own URL
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - our own URL
        answer: dict[str, Any] = json.load(response)
    return answer
