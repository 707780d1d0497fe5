"""The plot of the documentation: seconds of each subject in each scenario, on a logarithmic scale, as SVG.

Colours are told apart without colour vision, too, and the text takes the page's own dark or light.
"""

import math
from collections.abc import Sequence
from html import escape

from devtools.bench.bench import Row
from devtools.bench.subjects import OURS, SUBJECTS

WIDTH, LEFT, RIGHT, TOP = 760, 120, 60, 46
BAR, GAP, GROUP_GAP = 13, 2, 14
COLOURS = dict(zip(SUBJECTS, ("#d55e00", "#7f8c99", "#56b4e9", "#009e73", "#cc79a7"), strict=True))
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .small { font-size: 11px; }
  .ours { font-weight: bold; }
  .line { stroke: #8c959f; stroke-opacity: .35; }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } }
"""


def render_plot(rows: Sequence[Row]) -> str:
    """The first table, which is the main one; comment mode has no rivals, and no place here."""
    shown = [row for row in rows if row.table == rows[0].table and row.scenario != "comment"]
    scenarios = list(dict.fromkeys(row.scenario for row in shown))
    quickest = min(row.figures.seconds for row in shown)
    # From a second at the most: a scale that began at the shortest bar would hide it.
    scale = _Scale(min(1, 10 ** math.floor(math.log10(quickest))), max(row.figures.seconds for row in shown))
    bars, y = [], TOP
    for scenario in scenarios:
        group = sorted((row for row in shown if row.scenario == scenario), key=lambda row: SUBJECTS.index(row.subject))
        bars.append(_text(LEFT - 8, y + len(group) * (BAR + GAP) / 2 + 4, scenario, anchor="end"))
        for row in group:
            bars.append(_bar(row, y, scale))
            y += BAR + GAP
        y += GROUP_GAP
    subjects = [subject for subject in SUBJECTS if any(row.subject == subject for row in shown)]
    parts = [*_legend(subjects), *_grid(scale, y - GROUP_GAP), *bars]
    title = f"Seconds until the image is in the registry: {rows[0].table.title}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 14}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


class _Scale:
    """From seconds to a place on the page."""

    def __init__(self, lowest: float, highest: float) -> None:
        self.lowest, self.highest = lowest, highest

    def x(self, seconds: float) -> float:
        share = math.log(seconds / self.lowest) / math.log(self.highest / self.lowest)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def ticks(self) -> list[float]:
        powers = range(round(math.log10(self.lowest)), math.ceil(math.log10(self.highest)) + 1)
        marks = [step * 10**power for power in powers for step in (1, 2, 5)]
        return [mark for mark in marks if self.lowest <= mark <= self.highest]


def _bar(row: Row, y: float, scale: _Scale) -> str:
    end = scale.x(row.figures.seconds)
    kind = "small ours" if row.subject == OURS else "small"
    rectangle = (
        f'<rect x="{LEFT}" y="{y}" width="{max(1, end - LEFT):.1f}" height="{BAR}" fill="{COLOURS[row.subject]}">'
        f"<title>{row.subject}: {row.figures.seconds:.1f} s</title></rect>"
    )
    return rectangle + _text(end + 4, y + BAR - 2.5, f"{row.figures.seconds:.1f}", kind=kind)


def _legend(subjects: Sequence[str]) -> list[str]:
    parts, x = [], float(LEFT)
    for subject in subjects:
        parts.append(f'<rect x="{x}" y="8" width="11" height="11" fill="{COLOURS[subject]}"/>')  # type: ignore[index]
        parts.append(_text(x + 16, 18, subject, kind="ours" if subject == OURS else ""))
        x += 34 + 7 * len(subject)
    return parts


def _grid(scale: _Scale, bottom: float) -> list[str]:
    parts = []
    for mark in scale.ticks():
        x = scale.x(mark)
        parts.append(f'<line class="line" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom}"/>')
        parts.append(_text(x, TOP - 10, f"{mark:g} s", kind="small", anchor="middle"))
    return parts


def _text(x: float, y: float, text: str, *, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
