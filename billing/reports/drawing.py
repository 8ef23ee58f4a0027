"""Drawings of reports: bars by day, and a line, as SVG without styles of its own. Places along are
percentages, so that text keeps its size at every width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.safestring import SafeString

from accounts.kit.figures import MINUS
from accounts.kit.markup import format_html, joined
from accounts.kit.moments import day_words

_HEIGHT = 230
_SPARK = 56
_LEFT = Decimal(6)
# Words below the bars at most.
_WORDS = 8


@dataclass(frozen=True)
class Bar:
    """A day: what stands at the bottom, what is on top of it, and the mark beside."""

    day: date
    bottom: Decimal
    top: Decimal
    mark: Decimal | None = None

    @property
    def high(self) -> Decimal:
        return max(self.bottom + max(self.top, Decimal(0)), self.mark or Decimal(0))


def drawn(bars: Sequence[Bar]) -> SafeString:
    """The bars with their axis, what is inside of an `svg` of 260 pixels. A loss hangs from the top
    of the bar as what is missing: its part is marked.
    """
    most = max((one.high for one in bars), default=Decimal(0)) or Decimal(1)
    step = (100 - _LEFT) / max(len(bars), 1)
    scale = Decimal(_HEIGHT - 14) / most
    parts = [_grid(line, Decimal(_HEIGHT), scale) for line in _lines(most)]
    every = -(-len(bars) // _WORDS)
    for at, one in enumerate(bars):
        left = _LEFT + step * at
        parts += _bar(one, left, step, scale)
        if at % every == 0:
            middle = left + step / 2
            words = day_words(one.day)[5:]
            parts.append(
                format_html(
                    '<text x="{}%" y="250" text-anchor="middle">{}</text>', _figure(middle), words
                )
            )
    axis = format_html('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>', _HEIGHT)
    return joined([*parts, axis])


def line_drawn(points: Sequence[tuple[date, Decimal]], mark: Decimal | None = None) -> SafeString:
    """A line through what there was at the end of each day, with its axis, what is inside of an
    `svg` of 260 pixels; `mark`: another, level line.
    """
    known = [amount for _day, amount in points] + ([] if mark is None else [mark])
    most, least = max([*known, Decimal(0)]), min([*known, Decimal(0)])
    if most == least:
        most = Decimal(1)
    scale = Decimal(_HEIGHT - 14) / (most - least)
    zero = _HEIGHT + least * scale
    steps = max(len(points) - 1, 1)
    places = [
        (Decimal(1000 * at) / steps, zero - amount * scale)
        for at, (_day, amount) in enumerate(points)
    ]
    line = " ".join(f"{_figure(x)},{_figure(y)}" for x, y in places)
    # Stretched to the width there is: along, places are thousandths.
    template = (
        '<svg x="{0}%" width="{1}%" height="{2}" viewBox="0 0 1000 {2}"'
        ' preserveAspectRatio="none"><polygon class="under" points="{3}"/>'
        '<polyline class="line" points="{4}"/></svg>'
    )
    ground = f"0,{_figure(zero)} {line} 1000,{_figure(zero)}"
    width = 100 - _LEFT
    parts = [
        *(_grid(one, zero, scale) for one in _lines(most) + [-one for one in _lines(-least)]),
        format_html(template, _LEFT, width, _HEIGHT, ground, line),
    ]
    if mark is not None:
        y = _figure(zero - mark * scale)
        parts.append(
            format_html('<line class="mark" x1="{}%" x2="100%" y1="{}" y2="{}"/>', _LEFT, y, y)
        )
    every = -(-len(points) // _WORDS)
    for at, (day, _amount) in enumerate(points):
        if at % every == 0:
            x = _LEFT + width * Decimal(at) / steps
            words = day_words(day)[5:]
            parts.append(format_html('<text x="{}%" y="250">{}</text>', _figure(x), words))
    axis = format_html('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>', _figure(zero))
    return joined([*parts, axis])


def spark_drawn(points: Sequence[tuple[date, Decimal]], mark: Decimal | None = None) -> SafeString:
    """The same line without figures: what is inside of an `svg` of 1000 by 56 that is stretched to
    the width there is.
    """
    known = [amount for _day, amount in points] + ([] if mark is None else [mark])
    most, least = max([*known, Decimal(0)]), min([*known, Decimal(0)])
    scale = Decimal(_SPARK - 4) / ((most - least) or Decimal(1))
    zero = _SPARK - 2 + least * scale
    steps = max(len(points) - 1, 1)
    places = [
        (Decimal(1000 * at) / steps, zero - amount * scale)
        for at, (_day, amount) in enumerate(points)
    ]
    line = " ".join(f"{_figure(x)},{_figure(y)}" for x, y in places)
    ground = f"0,{_figure(zero)} {line} 1000,{_figure(zero)}"
    template = (
        '<polygon class="under" points="{0}"/><polyline class="line" points="{1}"/>'
        '<line class="axis" x1="0" x2="1000" y1="{2}" y2="{2}"/>'
    )
    parts = [format_html(template, ground, line, _figure(zero))]
    if mark is not None:
        y = _figure(zero - mark * scale)
        parts.append(format_html('<line class="mark" x1="0" x2="1000" y1="{0}" y2="{0}"/>', y))
    return joined(parts)


def _bar(one: Bar, left: Decimal, step: Decimal, scale: Decimal) -> list[SafeString]:
    width, x = step * Decimal("0.64"), left + step * Decimal("0.18")
    bottom = max(one.bottom, Decimal(0)) * scale
    found = [_rect("cost", x, width, _HEIGHT - bottom, bottom)]
    if one.top > 0:
        top = one.top * scale
        found.append(_rect("gain", x, width, _HEIGHT - bottom - top, top))
    elif one.top < 0:
        loss = min(-one.top * scale, bottom)
        found.append(_rect("loss", x, width, _HEIGHT - bottom, loss))
    if one.mark:
        y = _HEIGHT - one.mark * scale
        template = '<line class="before" x1="{0}%" x2="{1}%" y1="{2}" y2="{2}"/>'
        ends = left + step * Decimal("0.1"), left + step * Decimal("0.9")
        found.append(format_html(template, *map(_figure, ends), _figure(y)))
    return found


def _rect(css: str, x: Decimal, width: Decimal, y: Decimal, height: Decimal) -> SafeString:
    template = '<rect class="{}" x="{}%" width="{}%" y="{}" height="{}"/>'
    return format_html(template, css, *map(_figure, (x, width, y, height)))


def _grid(line: Decimal, zero: Decimal, scale: Decimal) -> SafeString:
    y = zero - line * scale
    return format_html(
        '<line class="grid" x1="0" x2="100%" y1="{0}" y2="{0}"/><text x="0" y="{1}">{2}</text>',
        _figure(y), _figure(y - 4), f"{line.normalize():,f}".replace("-", MINUS),
    )  # fmt: skip


def _lines(most: Decimal) -> list[Decimal]:
    """Round figures below the highest, three at most; none where it is not above zero."""
    if most <= 0:
        return []
    step = Decimal(10) ** most.adjusted()
    for part in (Decimal("0.2"), Decimal("0.5"), Decimal(1), Decimal(2), Decimal(5)):
        if most / (step * part) <= 4:
            step *= part
            break
    return [step * at for at in range(1, 4) if step * at <= most]


def _figure(number: Decimal | int) -> str:
    return f"{Decimal(number):.2f}"
