"""Charts as SVG: the steps of a bench as bars, and a simulation as lines over time."""

from collections.abc import Sequence
from html import escape

from tests.benchmarks.tables import cells

WIDTH, HEIGHT, MARGIN, TOP = 720, 260, 56, 34
COLORS = ("#b8b2a7", "#5b7c99", "#9c4221")
STYLE = (
    "text { font: 13px sans-serif; fill: #57534e }"
    "@media (prefers-color-scheme: dark) { text { fill: #c9c4bb } }"
)


def bars(table: str) -> str:
    """Return the rates in a table of the bench as bars, grouped by connections."""
    rows = cells(table)
    names = list(dict.fromkeys(row[""] for row in rows))
    groups = list(dict.fromkeys(row["connections"] for row in rows))
    rates = {(row["connections"], row[""]): int(row["requests/s"].replace(",", "")) for row in rows}
    highest = max(rates.values())
    step = (WIDTH - MARGIN) / len(groups)
    bar = step / (len(names) + 1)
    parts = [f"<style>{STYLE}</style>"]
    for at, name in enumerate(names):
        key = MARGIN + at * 200
        label = name.replace("combining", "batching")
        parts.append(f'<rect x="{key}" y="6" width="12" height="12" fill="{COLORS[at]}"/>')
        parts.append(f'<text x="{key + 18}" y="17">{escape(label)}</text>')
    for place, group in enumerate(groups):
        left = MARGIN / 2 + place * step
        for at, name in enumerate(names):
            tall = (HEIGHT - TOP - 50) * rates[group, name] / highest
            x, y = left + at * bar, HEIGHT - 28 - tall
            parts.append(
                f'<rect x="{x:.0f}" y="{y:.0f}" width="{bar - 6:.0f}" height="{tall:.0f}"'
                f' fill="{COLORS[at]}"/>'
                f'<text x="{x + bar / 2 - 3:.0f}" y="{y - 5:.0f}" text-anchor="middle">'
                f"{rates[group, name]:,}</text>"
            )
        middle = left + bar * len(names) / 2
        parts.append(
            f'<text x="{middle:.0f}" y="{HEIGHT - 8}" text-anchor="middle">'
            f"{group} connection{'' if group == '1' else 's'}</text>"
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>Requests a second, one core</title>{''.join(parts)}</svg>\n"
    )


_PANEL_HEIGHT, _PANEL_WIDTH = 120, WIDTH - 2 * MARGIN


def over_time(title: str, panels: dict[str, Sequence[float]]) -> str:
    """Return one line for each panel, over the seconds, one panel above the other."""
    parts = [f"<style>{STYLE}</style>"]
    for at, (name, values) in enumerate(panels.items()):
        top = 24 + at * (_PANEL_HEIGHT + 34)
        base = top + _PANEL_HEIGHT
        highest = max(*values, 1)
        points = " ".join(
            f"{MARGIN + second * _PANEL_WIDTH / max(1, len(values) - 1):.1f},"
            f"{base - value * _PANEL_HEIGHT / highest:.1f}"
            for second, value in enumerate(values)
        )
        parts.append(
            f'<text x="{MARGIN}" y="{top - 8}">{escape(name)}, at most {highest:,.0f}</text>'
            f'<path d="M{MARGIN} {base}H{MARGIN + _PANEL_WIDTH}" stroke="{COLORS[0]}"/>'
            f'<polyline fill="none" stroke="{COLORS[2]}" stroke-width="1.5" points="{points}"/>'
        )
    height = 24 + len(panels) * (_PANEL_HEIGHT + 34)
    seconds = len(next(iter(panels.values())))
    parts.append(
        f'<text x="{MARGIN + _PANEL_WIDTH}" y="{height - 14}" text-anchor="end">'
        f"{seconds} seconds</text>"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>\n"
    )
