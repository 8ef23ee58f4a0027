"""A form is answered as a whole: nothing that it asks is left out, and nothing that the person may
not decide comes in with it. Nothing is dropped while success is reported.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.kit.markup import format_html

# The hidden inputs that name the boxes a page showed: browsers send nothing for an empty one.
MARK = "boxes"

_MISSING = _("This did not arrive. Open the form again and send it as a whole.")
_BOXES = (
    forms.CheckboxInput,
    forms.CheckboxSelectMultiple,
    forms.FileInput,
    forms.MultipleHiddenInput,
    forms.SelectMultiple,
)

if TYPE_CHECKING:
    _Base = forms.BaseForm
else:
    _Base = object


class MarkedField(BoundField):
    """Draws the mark beside a box, wherever and however that is drawn."""

    @property
    def is_box(self) -> bool:
        """Whether a browser may send nothing for it."""
        return isinstance(_inner(self.field.widget), _BOXES)

    @property
    def mark(self) -> str:
        """For templates that draw the box itself by hand."""
        return mark_of(self.html_name) if self.is_box and not self.field.disabled else ""

    def as_widget(self, widget: Any = None, attrs: Any = None, only_initial: bool = False) -> Any:
        drawn = super().as_widget(widget, attrs, only_initial)
        always_sent = type(widget) is forms.HiddenInput
        return drawn if only_initial or always_sent else format_html("{}{}", drawn, self.mark)


@dataclass(frozen=True)
class _Locked:
    """What a field has to say if it comes at all, and why nothing else."""

    field: forms.Field
    value: Any
    why: Any


class WholeForm(_Base):
    """What every form that changes something inherits, before Django's own class.

    A text or choice that does not arrive is an error, optional or not. A box that does not arrive
    is empty where its mark came, and an error where not. A field that is disabled, or was shut or
    withheld, may only say what is so anyway. What the form does not know is ignored.
    """

    # A question changes nothing: what does not arrive is not asked (filters, searches).
    is_question: ClassVar[bool] = False
    # Fields that some pages of the form do not carry, and that then say nothing.
    sometimes: Iterable[str] = ()

    bound_field_class: Any = MarkedField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._locked: dict[str, _Locked] = {}
        super().__init__(*args, **kwargs)

    def shut(self, name: str, why: Any) -> None:
        """Show a field that this person cannot change."""
        field = self.fields[name]
        self._locked[name] = _Locked(field, self.get_initial_for_field(field, name), why)

    def withhold(self, *names: str, why: Any) -> None:
        """Take fields off that are not for this person, or not now; their value is the first."""
        for name in names:
            self.shut(name, why)
            del self.fields[name]

    def knows(self, name: str, field: forms.Field, value: Any, why: Any) -> None:
        """A field that is not on the form, what it is, and why it is not decided here."""
        self._locked[name] = _Locked(field, value, why)

    def marks(self) -> list[tuple[str, str]]:
        """The marks of all boxes, for pages that send the form's values again as hidden ones."""
        return [(MARK, bound.html_name) for bound in self if getattr(bound, "mark", "")]

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        if self.is_question:
            return
        for name in list(self.fields):
            bound = self[name]
            if bound.field.disabled:
                self._refuse_another(
                    name, _Locked(bound.field, bound.initial, bound.help_text or _not_yours())
                )
            elif name not in self.sometimes and self._is_missing(bound):
                self.errors.pop(name, None)
                self.add_error(name, forms.ValidationError(_MISSING, code="missing"))
        for name, locked in self._locked.items():
            self._refuse_another(name, locked)

    def _is_missing(self, bound: Any) -> bool:
        widget = _inner(bound.field.widget)
        if bound.is_box:
            return not self._has_arrived(bound.html_name, widget) and (
                bound.html_name not in values_of(self.data, MARK)
            )
        if isinstance(widget, forms.MultiWidget):
            # Django takes the whole for there when one of its parts is.
            return any(
                part.value_omitted_from_data(self.data, self.files, bound.html_name + suffix)
                for part, suffix in zip(widget.widgets, _suffixes(widget), strict=True)
            )
        is_missing = not self._has_arrived(bound.html_name, widget)
        # Of a group in which nothing was chosen a browser sends nothing: that has words already.
        is_chosen_of = isinstance(widget, forms.RadioSelect) and bound.field.required
        return is_missing and not is_chosen_of

    def _has_arrived(self, html_name: str, widget: forms.Widget) -> bool:
        if isinstance(widget, _BOXES):
            return html_name in self.data or html_name in self.files
        return not widget.value_omitted_from_data(self.data, self.files, html_name)

    def _refuse_another(self, name: str, locked: _Locked) -> None:
        """An error where another value came than the one that is."""
        widget, html_name = locked.field.widget, self.add_prefix(name)
        if not self._has_arrived(html_name, _inner(widget)):
            return
        came = widget.value_from_datadict(self.data, self.files, html_name)
        if _is_same(locked.field, came, locked.value):
            return
        words = locked.why
        if name not in self.fields:
            words = _("%(field)s: %(why)s") % {"field": locked.field.label or name, "why": words}
        self.add_error(
            name if name in self.fields else None, forms.ValidationError(words, code="not_yours")
        )


def mark_of(name: str) -> str:
    """The hidden input that says that the box `name` was shown."""
    return format_html('<input type="hidden" name="{}" value="{}">', MARK, name)


def values_of(data: Any, name: str) -> list[str]:
    """All values of a name in what was sent, a query dict or a plain one."""
    if hasattr(data, "getlist"):
        found: list[str] = data.getlist(name)
        return found
    value = data.get(name, [])
    return list(value) if isinstance(value, list | tuple) else [value]


def _inner(widget: Any) -> Any:
    """The widget that reads what was sent; Django's admin wraps some."""
    return getattr(widget, "widget", widget)


def _suffixes(widget: Any) -> list[str]:
    """What the names of its parts end with."""
    found: list[str] = widget.widgets_names
    return found


def _is_same(field: forms.Field, came: Any, value: Any) -> bool:
    if not came and not value:
        return True
    if isinstance(came, list | tuple) and isinstance(value, list | tuple):
        return sorted(map(str, came)) == sorted(map(str, value))
    try:
        return bool(field.clean(came) == field.clean(field.prepare_value(value)))
    except forms.ValidationError:
        return str(came) == str(value)


def _not_yours() -> Any:
    return _("You cannot change this.")
