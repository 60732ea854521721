"""Horizontal bars as plain SVG: the same bytes for the same figures, readable in light and dark."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 760
LEFT = 190
RIGHT = 120
BAR = 18
GAP = 8
TOP = 56
FOOT = 44

STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 16px; font-weight: 600; }
.note { font-size: 12px; fill: #57606a; }
.ground { fill: #ffffff; }
.gofer { fill: #1a7f64; } .peer { fill: #7d8792; } .volatile { fill: #c4cad1; }
.reference { fill: #c9b458; }
.second { opacity: 0.55; }
.spread { stroke: #24292f; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .note { fill: #9da7b1; }
  .ground { fill: #0d1117; }
  .gofer { fill: #3fb68b; } .peer { fill: #8b949e; } .volatile { fill: #4b535c; }
  .reference { fill: #a68f2d; }
  .spread { stroke: #e6edf3; }
}
</style>"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``least`` and ``most`` are drawn as a line over its end."""

    name: str
    kind: str
    value: float
    least: float
    most: float
    shown: str
    second: bool = False
    """Whether it belongs to the bar above it, paler and without a name."""


LEGEND = (
    ("gofer", "gofer"),
    ("peer", "keeps tasks in a store"),
    ("volatile", "keeps them in memory"),
    ("reference", "reference"),
)
"""Kinds of bars, and what their colours say."""


def bar_chart(
    title: str, note: str, bars: Sequence[Bar], foot: str, *, logarithmic: bool = False
) -> str:
    """Return a chart; on a logarithmic scale all values must be above 0.

    It has a ground of its own: where it is shown may be dark without the reader's system being so.
    """
    height = TOP + len(bars) * (BAR + GAP) + FOOT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"',
        f' height="{height}" role="img" aria-label="{escape(title)}">',
        STYLE,
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="6"/>',
        f'<text class="title" x="12" y="24">{escape(title)}</text>',
        f'<text class="note" x="12" y="43">{escape(note)}</text>',
    ]
    scale = _Scale(bars, logarithmic=logarithmic)
    for number, bar in enumerate(bars):
        lines.extend(_drawn(bar, TOP + number * (BAR + GAP), scale))
    lines.extend(_legend({bar.kind for bar in bars}, height - 28))
    words = f"{foot}; logarithmic scale" if logarithmic else foot
    lines.append(f'<text class="note" x="12" y="{height - 10}">{escape(words)}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _legend(kinds: set[str], y: int) -> Iterator[str]:
    x = 12
    for kind, words in LEGEND:
        if kind in kinds:
            yield f'<rect class="{kind}" x="{x}" y="{y - 9}" width="10" height="10" rx="2"/>'
            yield f'<text class="note" x="{x + 15}" y="{y}">{words}</text>'
            x += 30 + 7 * len(words)


class _Scale:
    """From values to pixels."""

    def __init__(self, bars: Sequence[Bar], *, logarithmic: bool) -> None:
        self._logarithmic = logarithmic
        values = [value for bar in bars for value in (bar.value, bar.least, bar.most)]
        self._most = max(values, default=1.0) or 1.0
        positive = [value for value in values if value > 0]
        self._least = min(positive, default=1.0) / 2

    def pixels(self, value: float) -> float:
        room = WIDTH - LEFT - RIGHT
        if not self._logarithmic:
            return room * value / self._most
        span = math.log(self._most / self._least)
        return room * math.log(max(value, self._least) / self._least) / span


def _drawn(bar: Bar, y: int, scale: _Scale) -> Iterator[str]:
    length = max(1.0, scale.pixels(bar.value))
    middle = y + BAR / 2
    kind = f"{bar.kind} second" if bar.second else bar.kind
    if bar.name and not bar.second:
        at = f'x="{LEFT - 8}" y="{y + 14}" text-anchor="end"'
        yield f"<text {at}>{escape(bar.name)}</text>"
    yield f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>'
    least, most = LEFT + scale.pixels(bar.least), LEFT + scale.pixels(bar.most)
    if most - least > 1:
        ends = f'x1="{least:.1f}" x2="{most:.1f}" y1="{middle}" y2="{middle}"'
        yield f'<line class="spread" {ends}/>'
    x = max(LEFT + length, most) + 6
    yield f'<text x="{x:.1f}" y="{y + 14}">{escape(bar.shown)}</text>'
