"""Authorizations, templates, reviews, policies and approvals (docs/domain.md 3): authorization 1,
and administrators.
"""

from typing import Any

from django.utils import timezone

from accounts.approvals.models import SubAgentRequest
from accounts.approvals.services.asking import request_create_filed, request_move_filed
from accounts.approvals.services.deciding import (
    request_approve,
    request_reject,
    request_seen,
    request_withdraw,
)
from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_preview, grants_set
from accounts.authorizations.services.policies import policy_set
from accounts.authorizations.services.restoring import grants_restore
from accounts.authorizations.services.reviews import review_keep, review_revoke
from accounts.authorizations.services.templates import (
    template_create,
    template_delete,
    template_edit,
)
from accounts.availability.services import availability_release
from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization, in_order
from accounts.core.models import Account, AccountGrant, AuthorizationTemplate, SubAgentPolicy, User
from tests.contracts.contract import (
    ADMINISTRATORS,
    NOBODY,
    OWN,
    REFUSED,
    Contract,
    needs,
)
from tests.contracts.ground import NO_NUMBER, Ground

_GRANTS = "accounts.authorizations.services"
_APPROVALS = "accounts.approvals.services"
_MANAGE = needs("manage_account")
_ONE = frozenset({Authorization("manage_account")})
_OTHER = frozenset({Authorization("manage_phone")})


def _granted(on: Ground) -> Any:
    """The batch that made the account hold one that its agent holds."""
    first = frozenset(in_order(held(on.agent))[:1])
    return grants_set(actor=SYSTEM, account=on.target, codes=first, reason="It may.")


def _revoked(on: Ground) -> Any:
    """The batch that took it again."""
    if on.target != on.agent:
        _granted(on)
    return grants_set(actor=SYSTEM, account=on.target, codes=frozenset(), reason="It may not.")


def _grants(on: Ground) -> list[int]:
    if on.target != on.agent:
        _granted(on)
    return list(AccountGrant.objects.filter(content_object=on.target).values_list("pk", flat=True))


def _of_nobody(batch: Any) -> Any:
    """Batches stay; their account may be gone."""
    batch.account = Account(pk=NO_NUMBER, account_id="Nothing-There")
    return batch


def _template(on: Ground) -> Any:
    return AuthorizationTemplate.objects.create(owner=on.agent, name="Mine", codes=sorted(_OTHER))


def _asked_for(on: Ground) -> None:
    """New agents have to be asked for here."""
    policy_set(actor=SYSTEM, account=on.agent, sub_agents=SubAgentPolicy.APPROVAL)


def waiting(on: Ground) -> SubAgentRequest:
    """A request of the agent's login."""
    login = User.objects.get(account=on.agent)
    return SubAgentRequest.objects.create(
        kind="create",
        requester=login,
        requester_name=login.username,
        requester_account=on.agent,
        agent=on.target,
        fields={
            "account_id": "New-One",
            "name": "New one",
            "type": "general",
            "valid_until": None,
            "ctd_billing_model": "standard",
            "time_zone": "UTC",
            "detail": {},
            "first_login": None,
        },
    )


def _decided(on: Ground) -> SubAgentRequest:
    request = waiting(on)
    request.status, request.decided_at = "rejected", timezone.now()
    request.save()
    return request


CONTRACTS = [
    Contract(
        service=f"{_GRANTS}.grants.grants_set",
        needs=_MANAGE,
        call=lambda actor, on, _it: grants_set(
            actor=actor, account=on.target, codes=_ONE, reason="It may."
        ),
        stale=lambda actor, on, _it: grants_set(
            actor=actor, account=on.target, codes=_ONE, reason="It may.", expected=_OTHER
        ),
    ),
    Contract(
        service=f"{_GRANTS}.grants.grants_preview",
        needs=_MANAGE,
        call=lambda actor, on, _it: grants_preview(actor=actor, account=on.target, codes=_ONE),
        entries=0,
        why="a preview",
        closed=None,
    ),
    Contract(
        service=f"{_GRANTS}.restoring.grants_restore",
        needs=_MANAGE,
        make=_revoked,
        ghost=_of_nobody,
        call=lambda actor, _on, it: grants_restore(actor=actor, batch=it, reason="Again."),
    ),
    Contract(
        service=f"{_GRANTS}.reviews.review_keep",
        needs=_MANAGE,
        make=_grants,
        ghost=lambda _it: [NO_NUMBER],
        call=lambda actor, _on, it: review_keep(actor=actor, grants=it),
    ),
    Contract(
        service=f"{_GRANTS}.reviews.review_revoke",
        needs=_MANAGE,
        make=_grants,
        ghost=lambda _it: [NO_NUMBER],
        call=lambda actor, _on, it: review_revoke(actor=actor, grants=it, note="Why"),
    ),
    # An agent keeps templates of its own, visible to itself: they fill the boxes of those below.
    Contract(
        service=f"{_GRANTS}.templates.template_create",
        needs=_MANAGE,
        reach=NOBODY,
        call=lambda actor, _on, _it: template_create(actor=actor, name="Mine", codes=_OTHER),
    ),
    Contract(
        service=f"{_GRANTS}.templates.template_edit",
        administrators=False,
        needs=_MANAGE,
        reach=NOBODY,
        make=_template,
        ghost=lambda _it: AuthorizationTemplate(pk=NO_NUMBER, owner_id=NO_NUMBER),
        call=lambda actor, _on, it: template_edit(
            actor=actor,
            template=it,
            name="Else",
            codes=_OTHER,
            kind="tier",
            note="",
            expected_version=1,
        ),
        stale=lambda actor, _on, it: template_edit(
            actor=actor,
            template=it,
            name="Else",
            codes=_OTHER,
            kind="tier",
            note="",
            expected_version=0,
        ),
    ),  # fmt: skip
    Contract(
        service=f"{_GRANTS}.templates.template_delete",
        administrators=False,
        needs=_MANAGE,
        reach=NOBODY,
        make=_template,
        ghost=lambda _it: AuthorizationTemplate(pk=NO_NUMBER, owner_id=NO_NUMBER),
        call=lambda actor, _on, it: template_delete(actor=actor, template=it, expected_version=1),
        stale=lambda actor, _on, it: template_delete(actor=actor, template=it, expected_version=0),
    ),
    Contract(
        service=f"{_GRANTS}.policies.policy_set",
        needs=ADMINISTRATORS,
        call=lambda actor, on, _it: policy_set(
            actor=actor, account=on.target, sub_agents=SubAgentPolicy.FORBIDDEN
        ),
    ),
    Contract(
        service="accounts.availability.services.availability_release",
        needs=ADMINISTRATORS,
        call=lambda actor, on, _it: availability_release(
            actor=actor, account=on.target, reason="Why"
        ),
    ),
    # Asked for is what the requester may do itself, once somebody approved it.
    Contract(
        service=f"{_APPROVALS}.asking.request_create_filed",
        administrators=False,
        needs=_MANAGE,
        make=_asked_for,
        call=lambda actor, on, _it: request_create_filed(
            actor=actor, parent=on.target, account_id="New-One", name="New one"
        ),
        locked=REFUSED,
    ),
    Contract(
        service=f"{_APPROVALS}.asking.request_move_filed",
        administrators=False,
        needs=_MANAGE,
        make=lambda on: _asked_for(on.own),
        call=lambda actor, on, _it: request_move_filed(
            actor=actor, account=on.own.leaf, parent=on.target
        ),
        locked=REFUSED,
    ),
    Contract(
        service=f"{_APPROVALS}.asking.request_move_filed",
        administrators=False,
        case="the account",
        needs=_MANAGE,
        make=lambda on: _asked_for(on.own),
        call=lambda actor, on, _it: request_move_filed(
            actor=actor, account=on.target, parent=on.own.leaf
        ),
        locked=REFUSED,
    ),
    Contract(
        service=f"{_APPROVALS}.deciding.request_approve",
        needs=ADMINISTRATORS,
        make=waiting,
        call=lambda actor, _on, it: request_approve(actor=actor, request=it),
        # What it was about says the approver beside it, and is one more.
        entries=2,
        why="the decision, and what was done",
        # What has lost its ground is void, and answered as such.
        locked=None,
    ),
    Contract(
        service=f"{_APPROVALS}.deciding.request_reject",
        needs=ADMINISTRATORS,
        make=waiting,
        call=lambda actor, _on, it: request_reject(actor=actor, request=it, reason="No"),
        locked=None,
    ),
    Contract(
        service=f"{_APPROVALS}.deciding.request_withdraw",
        administrators=False,
        needs=OWN,
        make=waiting,
        call=lambda actor, _on, it: request_withdraw(actor=actor, request=it),
        own_stopped=None,
    ),
    Contract(
        service=f"{_APPROVALS}.deciding.request_seen",
        administrators=False,
        needs=OWN,
        make=_decided,
        call=lambda actor, _on, it: request_seen(actor=actor, request=it),
        entries=0,
        why="who looked at a decision is no deed",
        own_stopped=None,
        is_silent=True,
    ),
]
