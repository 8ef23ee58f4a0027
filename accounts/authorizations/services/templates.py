"""Templates and tiers: named sets of authorizations to start from. The platform's belong to its
administrators, an agent keeps its own. Editing one changes no grant (docs/domain.md 3).
"""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import (
    Max,
)
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh, require
from accounts.core.authorizations import Authorization, Codes, in_order
from accounts.core.models import Account, AuthorizationTemplate
from accounts.core.record import changes, record
from accounts.core.rules import one_line
from accounts.kit.errors import Clash, NotAllowed, NotInScope, Refused

# An agent's own; more than these nobody finds his way in.
MOST_OWN = 50
_LONGEST = {"name": 60, "note": 200}


def template_create(
    *, actor: Actor, name: str, codes: Codes, kind: str = "template", note: str = ""
) -> AuthorizationTemplate:
    """Make a template: the platform's, or the actor's own account's.

    Raises Refused (`required`, `too_long`, `control_characters`, `name_taken`, `none_chosen`,
    `too_many`), NotAllowed.
    """
    with transaction.atomic():
        actor, owner = _may_keep(actor)
        kept = AuthorizationTemplate.objects.filter(owner=owner)
        if owner is not None and kept.count() >= MOST_OWN:
            raise Refused(
                _("Keep at most %(max)s templates of your own.") % {"max": MOST_OWN},
                code="too_many",
            )
        last = kept.aggregate(last=Max("position"))["last"]
        template = AuthorizationTemplate(owner=owner, position=min((last or 0) + 1, 32767))
        _fill(template, name, codes, kind, note)
        _save(template)
        record(
            actor=actor,
            action="template.create",
            account=owner,
            subject=template.name,
            after=_values(template),
        )
    return template


def template_edit(
    *,
    actor: Actor,
    template: AuthorizationTemplate,
    name: str,
    codes: Codes,
    kind: str,
    note: str,
    expected_version: int,
) -> AuthorizationTemplate:
    """Change a template. No grant changes; accounts set up from it show that it was changed.

    Raises Clash when somebody else changed it since `expected_version`, and as `template_create`.
    """
    with transaction.atomic():
        actor, owner = _may_keep(actor)
        template = _locked(template, owner, expected_version)
        before = _values(template)
        _fill(template, name, codes, kind, note)
        after = _values(template)
        if before == after:
            return template
        template.version += 1
        _save(template)
        old, new = changes(before, after)
        record(
            actor=actor,
            action="template.edit",
            account=owner,
            subject=template.name,
            before=old,
            after=new,
        )
    return template


def template_delete(
    *, actor: Actor, template: AuthorizationTemplate, expected_version: int
) -> None:
    """Delete a template. What was granted from it stays. Raises Clash, NotAllowed, NotInScope."""
    with transaction.atomic():
        actor, owner = _may_keep(actor)
        one = _locked(template, owner, expected_version)
        before, name = _values(one), one.name
        one.delete()
        record(actor=actor, action="template.delete", account=owner, subject=name, before=before)


def _may_keep(actor: Actor) -> tuple[Actor, Account | None]:
    """The actor read again, and the account whose templates it keeps (None: the platform's)."""
    if actor.own is None:
        actor = fresh(actor)
        if not actor.is_administrator or actor.read_only:
            raise NotAllowed(
                _("The platform's templates are kept by administrators."),
                code="administrators_only",
            )
        return actor, None
    own = Account.objects.within(actor.scope).filter(pk=actor.own.pk).first()
    if own is None:
        raise NotInScope
    return require(actor, Authorization.MANAGE_ACCOUNT, own, is_agent_id=True), own


def _locked(
    template: AuthorizationTemplate, owner: Account | None, expected_version: int
) -> AuthorizationTemplate:
    """The row as it is now, locked. Raises NotInScope for somebody else's as for one that never
    was, NotAllowed for the platform's, Clash for another version.
    """
    current = AuthorizationTemplate.objects.select_for_update().filter(pk=template.pk).first()
    own = owner.pk if owner else None
    if current is None and template.owner_id == own:
        raise Clash(_("Somebody else deleted this template in the meantime."), code="gone")
    if current is None or current.owner_id not in (own, None):
        raise NotInScope(_("There is no such template."))
    if current.owner_id != own:
        raise NotAllowed(
            _("The platform's templates are kept by administrators."), code="administrators_only"
        )
    if current.version != expected_version:
        raise Clash(
            _("Somebody else changed this template in the meantime."), code="changed_meanwhile"
        )
    return current


def _fill(template: AuthorizationTemplate, name: str, codes: Codes, kind: str, note: str) -> None:
    template.name = _clean(name, "name")
    if not template.name:
        raise Refused(_("Enter a name."), code="required", field="name")
    if kind not in AuthorizationTemplate.Kind.values:
        raise Refused(_("Choose template or tier."), code="unknown_kind", field="kind")
    if not codes:
        raise Refused(_("Tick at least one authorization."), code="none_chosen", field="codes")
    template.note = _clean(note, "note")
    template.kind = kind
    template.codes = [code.value for code in in_order(codes)]


def _clean(text: str, field: str) -> str:
    """One line as it is stored. Raises Refused for control characters and for what is too long."""
    text = one_line(" ".join(text.split()), field)
    if len(text) > _LONGEST[field]:
        raise Refused(
            _("Use at most %(max)s characters.") % {"max": _LONGEST[field]},
            code="too_long",
            field=field,
        )
    return text


def _save(one: AuthorizationTemplate) -> None:
    # The index knows the case of letters as the database does; people know more.
    others = AuthorizationTemplate.objects.filter(owner=one.owner).exclude(pk=one.pk)
    if others.filter(name__iexact=one.name).exists():
        raise _name_taken()
    try:
        with transaction.atomic():
            one.save()
    except IntegrityError as error:
        raise _name_taken() from error


def _name_taken() -> Refused:
    return Refused(_("There is a template of this name already."), code="name_taken", field="name")


def _values(one: AuthorizationTemplate) -> dict[str, Any]:
    return {"name": one.name, "kind": one.kind, "codes": list(one.codes), "note": one.note}
