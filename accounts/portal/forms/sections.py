"""Sections that others add to the forms of an account (`accounts.portal.registry.FormSection`)."""

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.proof import Gain
from accounts.portal.registry import Effect, FormSection, OpenSection, registry


class Sections:
    """The sections of one form, as one person may fill them in; their fields are the form's."""

    def __init__(
        self, form: forms.Form, actor: Actor, account: Account | None, agent: Account | None
    ) -> None:
        self.form = form
        self.opened: list[tuple[FormSection, OpenSection]] = []
        for one in registry.form_sections:
            section = one.open(actor, account, agent)
            if section is not None:
                form.fields.update(section.fields)
                self.opened.append((one, section))

    def shown(self) -> list[dict[str, Any]]:
        """What the template needs of each."""
        return [
            {
                "name": one.name,
                "label": one.label,
                "lead": one.lead,
                "fields": [self.form[name] for name in section.fields if name in self.form.fields],
            }
            for one, section in self.opened
            if not self.form.fields.keys().isdisjoint(section.fields)
        ]

    def after_approval(self) -> list[str]:
        """The fields of all of them that wait until a request is approved."""
        return [
            name for one, section in self.opened for name in section.fields if name not in one.asked
        ]

    def held(self) -> dict[str, Any]:
        """What a request keeps of the values of the valid form."""
        values = self.form.cleaned_data
        held: dict[str, Any] = {}
        for _one, section in self.opened:
            held |= section.held(values)
        return held

    def stored(self) -> dict[str, Any]:
        """The values as they are stored now, by field."""
        return {
            name: field.initial
            for _one, section in self.opened
            for name, field in section.fields.items()
        }

    def warnings(self) -> list[str]:
        """What has to be confirmed before the values of the valid form are saved."""
        values = self.form.cleaned_data
        return [text for _one, section in self.opened for text in section.warnings(values)]

    def gain(self) -> Gain | None:
        """What takes a fresh proof before the values of the valid form are saved."""
        values = self.form.cleaned_data
        gains = (section.gain(values) for _one, section in self.opened)
        return next((gain for gain in gains if gain), None)

    def effects(self) -> list[Effect]:
        """What saving the values of the valid form would change elsewhere."""
        values = self.form.cleaned_data
        return [effect for _one, section in self.opened for effect in section.effects(values)]

    def apply(self, actor: Actor, account: Account) -> None:
        """Write the values of the valid form, in the transaction that saves the account. Raises
        what the sections raise.
        """
        values: Mapping[str, Any] = self.form.cleaned_data
        for _one, section in self.opened:
            section.apply(actor, account, values)
