"""What every page of the portal stands on: default-deny, scope, authorization and refusals in one
place.
"""

from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from accounts.core.actor import Actor, Kind, check_allowed
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.core.reach import account_reached, accounts_reached
from accounts.core.refusals import refusal_recorded
from accounts.kit.errors import Busy, Clash, DomainError, NotAllowed, NotInScope, WayOut
from accounts.kit.proof import Gain
from accounts.portal.registry import registry
from accounts.portal.views.reauthentication import require_recent_sign_in
from accounts.portal.views.responses import page_before

EVERYBODY = frozenset({Kind.ADMINISTRATOR, Kind.OPERATOR, Kind.ACCOUNT, Kind.NOBODY})
PORTAL = frozenset({Kind.ADMINISTRATOR, Kind.ACCOUNT})
ADMINISTRATORS = frozenset({Kind.ADMINISTRATOR})

_UNSTATED: Any = object()


class PortalView(View):
    """A page or action. A class says aloud which authorization it needs, or None; silence fails at
    import.

    `audience` is who may come at all: operators work in the Django admin and see only their own
    security pages. Data comes from `self.accounts`, which holds nothing outside the actor's scope:
    foreign and unknown are the same 404.
    """

    authorization: ClassVar[Authorization | None] = _UNSTATED
    # What takes its place on the own account, where that is another one.
    own_authorization: ClassVar[Authorization | None] = None
    # What is gained by posting here, where that takes a fresh proof of who is there, whatever is
    # entered (`accounts.kit.proof`). The page asks for it as soon as it is opened, unless it is
    # worth opening for something else.
    gain: ClassVar[Gain | None] = None
    asks_when_opened: ClassVar[bool] = True
    audience: ClassVar[frozenset[Kind]] = PORTAL
    # Whether an administrator who looks as somebody else may read it: exports may not.
    in_view_as: ClassVar[bool] = True
    abstract: ClassVar[bool] = True
    # Parts of pages and polls are asked for by scripts; what they are refused says nothing of
    # anybody's intent.
    records_refusals: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.abstract = bool(cls.__dict__.get("abstract", False))
        if not cls.abstract and cls.authorization is _UNSTATED:
            raise ImproperlyConfigured(
                f"{cls.__qualname__} must state `authorization`: one of the eight, or None."
            )

    @property
    def actor(self) -> Actor:
        return self.request.actor  # type: ignore[attr-defined]

    @cached_property
    def accounts(self) -> AccountQuerySet:
        """The accounts in the actor's scope: the only way a view reaches account data."""
        return accounts_reached(self.actor)

    def get_account(self, account_id: str) -> Account:
        """The account of the address: 404 outside the scope, 403 when the stated authorization is
        missing.

        Found in any case; reading in other case redirects to the account id as it is written.
        """
        account = account_reached(self.actor, account_id)
        if account is None:
            raise Http404
        if account.account_id != account_id and self.request.method in ("GET", "HEAD"):
            raise OtherCase(account)
        # What the page is about: the tree beside it opens the way there.
        self.request.current_account = account  # type: ignore[attr-defined]
        self.require(account)
        return account

    def require(self, account: Account | None, *, is_agent_id: bool = False) -> None:
        """Raise NotAllowed unless the actor may use the stated authorization on `account` (None:
        top level); `is_agent_id` as in `accounts.core.actor.decide`.
        """
        if self.authorization is None:
            return
        is_own = account is not None and account.pk == self.actor.account_pk
        code = (self.own_authorization if is_own else None) or self.authorization
        check_allowed(self.actor, code, account, is_agent_id=is_agent_id)

    def prove(self, gain: Gain | None) -> None:
        """Lead the person to prove again who they are where something is gained and the last proof
        is too old; afterwards the request goes on, with what was typed. Call it with what follows
        from the entered values, once they are valid and before anything is done.

        What was typed waits in the session: nothing secret may be in it.
        """
        if gain is not None:
            require_recent_sign_in(self.request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.actor.kind not in self.audience:
            return self.not_for_this_kind(request)
        if self.asks_when_opened or request.method not in ("GET", "HEAD"):
            self.prove(self.gain)
        try:
            return super().dispatch(request, *args, **kwargs)
        except OtherCase as other:
            return self._corrected_address(other.account)
        except NotInScope as error:
            self.record_refusal(error)
            raise Http404 from error
        except Http404:
            self.record_refusal(NotInScope())
            raise
        except DomainError as error:
            return self.refused(request, error)

    def not_for_this_kind(self, request: HttpRequest) -> HttpResponse:
        """Platform staff without portal access, or a page for administrators only."""
        if self.actor.is_operator and request.path == reverse("dashboard"):
            return redirect("admin:index")
        self.record_refusal(NotAllowed("", code="audience"))
        return render(request, "403.html", {"audience": self.audience}, status=403)

    def refused(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        """The page for a refusal that no form shows: 403, 409, 503 or 422 with the reason and the
        way out.
        """
        self.record_refusal(error)
        template = {NotAllowed: "403.html", Clash: "409.html", Busy: "503_busy.html"}.get(
            type(error), "accounts/portal/refused.html"
        )
        return render(
            request,
            template,
            {
                "error": error,
                "question": urlencode(getattr(error, "question", {})),
                "ways": self._ways(error),
                "back": page_before(request),
            },
            status=error.status,
        )

    def _ways(self, error: DomainError) -> list[WayOut]:
        """What packages know to do about it."""
        if not isinstance(error, NotAllowed):
            return []
        found = [way(self.actor, error) for way in registry.refused_ways]
        return [one for one in found if one is not None]

    def record_refusal(self, error: DomainError) -> None:
        """Note a missing permission, or something out of scope, in the audit log; other refusals
        are everyday. Pages that show such an error in a form of theirs call this themselves.
        """
        if not self.records_refusals or not isinstance(error, (NotAllowed, NotInScope)):
            return
        is_inside = isinstance(error, NotAllowed)
        refusal_recorded(
            actor=self.actor,
            method=str(self.request.method),
            path=self.request.path,
            code=error.code if is_inside else "not_in_scope",
            message=error.message if is_inside else "",
            authorization=getattr(error, "asked", None),
            # Found within the scope; what was not found is nobody's but the actor's own affair.
            account=getattr(self.request, "current_account", None) if is_inside else None,
        )

    def _corrected_address(self, account: Account) -> HttpResponse:
        match = self.request.resolver_match
        assert match is not None
        url = reverse(match.view_name, kwargs={**match.kwargs, "account_id": account.account_id})
        query = self.request.META.get("QUERY_STRING", "")
        return redirect(f"{url}?{query}" if query else url)


class OtherCase(Exception):
    """The address names the account in other case than it is written."""

    def __init__(self, account: Account) -> None:
        super().__init__(account.account_id)
        self.account = account
