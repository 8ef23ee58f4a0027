"""Boxes for whole numbers: one reading in every form of the portal."""

import pytest
from django import forms

from accounts.gateways.forms import CapacityForm, CeilingForm, InformationForm
from accounts.phones.forms.phones import PhoneNewForm
from accounts.portal.forms.counts import CountField
from billing.cards.forms.cards import BatchForm, SheetForm

BOXES = [
    (CapacityForm, "capacity"), (CeilingForm, "calls"), (InformationForm, "port"),
    (PhoneNewForm, "max_calls"), (BatchForm, "count"), (BatchForm, "pin_length"),
    (BatchForm, "valid_days"), (SheetForm, "count"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "name"), BOXES)
def test_every_box_takes_groups_and_guesses_nothing(form: type[forms.Form], name: str) -> None:
    field = form.base_fields[name]
    assert (
        field.to_python("1 000") == field.to_python("1,000") == field.to_python("１０００") == 1000
    )
    for typed in ("1 2", "1_000", "1e3", "12.5"):
        with pytest.raises(forms.ValidationError):
            field.to_python(typed)


def test_an_empty_box_is_no_number() -> None:
    field = CountField(required=False)
    assert [field.clean(typed) for typed in ("", "  ", None)] == [None] * 3


def test_bounds_count_as_in_other_boxes() -> None:
    field = CountField(min_value=1, max_value=10)
    assert field.clean("10") == 10
    for typed in ("0", "-1", "11", ""):
        with pytest.raises(forms.ValidationError):
            field.clean(typed)


def test_a_question_is_passed_on() -> None:
    with pytest.raises(forms.ValidationError) as refused:
        CountField(error_messages={"invalid": "Enter a whole number."}).clean("1.204")
    assert refused.value.messages == ["Do you mean 1204? Write it without a point."]


@pytest.mark.parametrize("typed", ["x", "9" * 13, "9" * 100_000])
def test_the_box_has_words_of_its_own(typed: str) -> None:
    with pytest.raises(forms.ValidationError) as refused:
        CountField(error_messages={"invalid": "How many?"}).clean(typed)
    assert refused.value.messages == ["How many?"]
