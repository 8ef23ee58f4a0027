"""The authorizations of an account: the eight boxes, what saving would do, and the deed."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.authorizations.advice import RECOMMENDED, cautions
from accounts.authorizations.forms.authorizations import AskedBoxesForm, BoxesForm, ReviewForm
from accounts.authorizations.queries.facts import hit_accounts, template_of
from accounts.authorizations.queries.policies import policies_along, strictest
from accounts.authorizations.queries.templates import templates_of
from accounts.authorizations.services.grants import GrantPlan, grants_preview, grants_set
from accounts.authorizations.views.boxes import Holding, boxes, holding
from accounts.authorizations.views.effects import changes_of, hits_export, hits_page
from accounts.authorizations.views.template_choice import Start, choices, drift_of, start_from
from accounts.authorizations.words.policy import POLICY_WORDS
from accounts.core.actor import check_allowed, decide
from accounts.core.authorizations import Authorization, Codes, codes_from, in_order
from accounts.core.exports import Export
from accounts.core.models import Account, AuthorizationTemplate, GrantBatch
from accounts.core.reach import refuse_closed
from accounts.kit.errors import Busy, Clash, Refused
from accounts.kit.markup import format_html
from accounts.kit.object_keys import typed_number
from accounts.logins.queries import opened_by_operators, opened_in
from accounts.logins.views.operators import after_granting, before_granting
from accounts.portal.breadcrumbs import breadcrumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import PortalView
from accounts.portal.views.exports import AnswersFiles
from accounts.portal.views.responses import SeeOther


class _GrantingView(PortalView):
    """What the editor and the review share."""

    abstract = True

    def check(self, account: Account) -> None:
        """Raise unless the actor may grant to this account. Raises NotAllowed, Refused."""
        check_allowed(self.actor, Authorization.MANAGE_ACCOUNT, account)
        refuse_closed(account)

    @cached_property
    def templates(self) -> list[AuthorizationTemplate]:
        return list(templates_of(self.actor))

    def named_template(self, key: str) -> AuthorizationTemplate | None:
        """The template of this key, if the actor may start from it."""
        pk = typed_number(AuthorizationTemplate.key_kind, key)
        return next((one for one in self.templates if one.pk == pk), None)

    # --- The editor ----------------------------------------------------------------------------

    def editor(
        self,
        account: Account,
        *,
        start: Start | None = None,
        form: BoxesForm | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """The page with the boxes; `form` as it was sent back, with its errors."""
        one = holding(self.request, self.actor, account)
        decision = decide(self.actor, Authorization.MANAGE_ACCOUNT, account)
        may_change = decision.is_allowed and account.status != Account.Status.CLOSED
        start = start or self._start(one)
        status = 422 if start.problem else status
        ticked = form.codes() if form else start.ticked if may_change else one.held
        template = start.template
        expected = " ".join(in_order(one.held))
        if form is not None and form.seen() is not None:
            expected = " ".join(in_order(form.seen() or ()))
        policies = policies_along(one.way)
        head = account_head(
            self.request, account, current="authorizations", page=_("Authorizations")
        )
        context: dict[str, Any] = {
            **head,
            "one": one,
            "boxes": boxes(
                one, ticked, may_change=may_change, errors=form.errors if form else None
            ),
            "may_change": may_change,
            "why_read_only": "" if one.is_own or may_change else self._why_not(account, decision),
            "lead": self._lead(one),
            "form": form,
            "expected": expected,
            "start": start,
            "copied": self.request.GET.get("copy", "")[:32],
            "template": template,
            "choices": choices(self.templates, template) if may_change else [],
            "recommended": RECOMMENDED,
            "drift": drift_of(one, template_of(account), self.templates),
            "policy": POLICY_WORDS[strictest(policies.values())],
            "policy_set": policies.get(account.pk),
            "review_days": settings.GRANT_REVIEW_DAYS,
        }
        return render(self.request, "accounts/authorizations/editor.html", context, status=status)

    def _start(self, one: Holding) -> Start:
        """What the address asks to begin with: a template, another account, or what is held."""
        query = self.request.GET
        if query.get("template"):
            template = self.named_template(query["template"])
            if template is None:
                return Start(one.held, problem=_("There is no such template."))
            codes = codes_from(template.codes)
            return start_from(one, codes, template.name, template=template)
        asked = query.get("copy", "").strip()
        if asked:
            other = self.accounts.called(asked).first()
            if other is None:
                return Start(one.held, problem=_("There is no such account."))
            codes = holding(self.request, self.actor, other).held
            return start_from(one, codes, other.account_id)
        return Start(one.held)

    def _why_not(self, account: Account, decision: Any) -> str:
        if decision.is_allowed:
            return _("A closed account is never changed. Its history stays.")
        return str(decision.sentence)

    def _lead(self, one: Holding) -> str:
        """Who grants here, and how far."""
        account = one.account
        if one.is_own:
            return _("%(above)s grants these to your account. You can only look.") % {
                "above": capfirst(self.actor.someone_above)
            }
        if account.parent_id is None or account.parent is None:
            return _("A top-level account: administrators grant whatever it needs.")
        values = {
            "agent": account.parent.account_id,
            "count": len(one.along.get(account.parent_id, {})),
        }
        if account.parent_id == self.actor.account_pk:
            text = _(
                "You grant for %(agent)s, which holds %(count)s of 8. Nothing below it can hold "
                "more than it does."
            )
        else:
            text = _(
                "Its agent %(agent)s holds %(count)s of 8, and nothing below can hold more than "
                "it does."
            )
        return text % values

    # --- The review ----------------------------------------------------------------------------

    def review(
        self,
        account: Account,
        form: BoxesForm,
        *,
        sent: Mapping[str, Any] | None = None,
        error: Refused | Busy | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """What saving would do, in words, with the form that does it. `sent` is that form as it
        came back.
        """
        one = holding(self.request, self.actor, account)
        codes = form.codes()
        seen = form.seen()
        if seen is not None and seen != one.held:
            return self.clash(account, one, seen, codes)
        refused = {code: one.lacking[code] for code in codes - one.held if code in one.lacking}
        if refused:
            form.add_refused(refused)
            return self.editor(account, form=form, start=self.start_of(form), status=422)
        plan = grants_preview(actor=self.actor, account=account, codes=codes)
        template, is_changed = self.chosen(form)
        if plan.is_empty and template is None:
            messages.info(self.request, _("No box was changed."))
            return SeeOther("accounts:authorizations", account.account_id)
        confirm = self.review_form(plan, sent)
        self.prove(confirm.gain)
        if sent is not None:
            confirm.is_valid()
        if plan.added and (warning := before_granting(opened_by_operators(account))):
            messages.warning(self.request, warning)
        if error is not None:
            add_domain_error(confirm, error)
        context = {
            "account": account,
            "one": one,
            "plan": plan,
            "changes": changes_of(one, plan),
            "cautions": cautions(codes) if plan.added else [],
            "after": boxes(one, codes, may_change=True),
            "form": confirm,
            "template": template,
            "template_changed": is_changed,
            "crumbs": breadcrumb(self.request, account, _("Review")),
            "hidden": self._hidden(form, template),
            "submit": self._submit(plan),
            **hits_page(self.request, self.actor, plan, form, template),
        }
        return render(self.request, "accounts/authorizations/review.html", context, status=status)

    def review_form(self, plan: GrantPlan, data: Mapping[str, Any] | None) -> ReviewForm:
        """The confirmation, which asks for what this change demands."""
        return ReviewForm(
            data,
            actor=self.actor,
            accounts=1,
            below=hit_accounts(plan.hits) if plan.removed else 0,
            needs_reason=plan.needs_reason(),
        )

    def chosen(self, form: BoxesForm) -> tuple[AuthorizationTemplate | None, bool]:
        """The template the boxes were taken from, and whether it was changed since."""
        template = self.named_template(form.cleaned_data.get("template") or "")
        version = form.cleaned_data.get("template_version")
        return template, bool(template and version and template.version != version)

    def start_of(self, form: BoxesForm) -> Start:
        """The template a form that was sent back began with."""
        template, _changed = self.chosen(form)
        return Start(form.codes(), template=template)

    def _hidden(
        self, form: BoxesForm, template: AuthorizationTemplate | None
    ) -> list[tuple[str, Any]]:
        """What the confirmation carries: the boxes, what was seen, and the template."""
        seen = form.seen()
        fields: list[tuple[str, Any]] = [(code.value, "on") for code in in_order(form.codes())]
        if seen is not None:
            fields.append(("expected", " ".join(in_order(seen))))
        if template is not None:
            fields += [("template", template.key), ("template_version", template.version)]
        return [*fields, *form.marks(), ("confirm", "1")]

    def _submit(self, plan: GrantPlan) -> str:
        """The deed on its button."""
        added, removed = len(plan.added), len(plan.removed)
        if not added and not removed:
            return _("Remember the template")
        grants = ngettext(
            "Grant %(count)s authorization", "Grant %(count)s authorizations", added
        ) % {"count": added}
        takes = ngettext(
            "Take away %(count)s authorization", "Take away %(count)s authorizations", removed
        ) % {"count": removed}
        if added and removed:
            return _("%(takes)s, %(grants)s") % {"takes": takes, "grants": grants}
        return takes if removed else grants

    def clash(self, account: Account, one: Holding, seen: Codes, wanted: Codes) -> HttpResponse:
        """Somebody else was faster: what it holds now beside what the person saw and wanted."""
        context = {
            "account": account,
            "crumbs": breadcrumb(self.request, account, _("Authorizations")),
            "given": in_order(one.held - seen),
            "taken": in_order(seen - one.held),
            "wanted": in_order(wanted),
            "held": in_order(one.held),
        }
        return render(self.request, "accounts/authorizations/clash.html", context, status=409)


class AuthorizationsView(_GrantingView):
    """All eight boxes. Whoever reaches the account may read them; whoever may grant, ticks.

    `?template=` or `?copy=` begins with a template or another account. Sent with "confirm" it
    saves; sent otherwise it shows what saving would do.
    """

    # Reading needs none; `check` asks for authorization 1 before anything is changed.
    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        return self.editor(self.get_account(account_id))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        self.check(account)
        form = BoxesForm(request.POST, actor=self.actor)
        asked = form.cleaned_data["template"] if form.is_valid() else ""
        if asked and self.named_template(asked) is None:
            form.add_error(None, _("There is no such template. Choose another one, or none."))
        if not form.is_valid():
            return self.editor(account, form=form, start=self.start_of(form), status=422)
        if "confirm" not in request.POST or form.seen() is None:
            return self.review(account, form)
        return self._save(account, form)

    def _save(self, account: Account, form: BoxesForm) -> HttpResponse:
        codes = form.codes()
        plan = grants_preview(actor=self.actor, account=account, codes=codes)
        confirm = self.review_form(plan, self.request.POST)
        self.prove(confirm.gain)
        template, is_changed = self.chosen(form)
        if not confirm.is_valid() or is_changed:
            sent = self.request.POST
            return self.review(account, form, sent=sent, status=409 if is_changed else 422)
        try:
            batch = grants_set(
                actor=self.actor,
                account=account,
                codes=codes,
                expected=form.seen(),
                reason=confirm.cleaned_data["reason"],
                template=template,
            )
        except Clash:
            return self.review(account, form)
        except (Refused, Busy) as error:
            if error.code == "closed":
                raise
            return self.review(
                account, form, sent=self.request.POST, error=error, status=error.status
            )
        self._tell(account, plan, batch)
        return SeeOther("accounts:authorizations", account.account_id)

    def _tell(self, account: Account, plan: GrantPlan, batch: GrantBatch | None) -> None:
        """What happened, with the way back."""
        if batch is None:
            messages.success(self.request, _("Saved. No authorization was changed."))
            return
        parts = []
        if plan.added:
            parts.append(_("granted %(codes)s") % {"codes": _named(plan.added)})
        if plan.removed:
            parts.append(_("taken away %(codes)s") % {"codes": _named(plan.removed)})
        words = format_html(
            _("{account}: {what}. Batch {number}."),
            account=account.account_id,
            what="; ".join(parts),
            number=batch.key,
        )
        if plan.removed:
            url = reverse("accounts:authorization-restore", args=[account.account_id, batch.pk])
            link = format_html('<a href="{}">{}</a>', url, _("Restore this batch"))
            words = format_html("{} {}", words, link)
        messages.success(self.request, words)
        if warning := after_granting(opened_in(batch, added=True)):
            messages.warning(self.request, warning)


class AuthorizationReviewView(AnswersFiles, _GrantingView):
    """The further pages of a review, and its file; the boxes stand in the query."""

    authorization = Authorization.MANAGE_ACCOUNT

    def get(self, request: HttpRequest, account_id: str) -> HttpResponseBase:
        account = self.get_account(account_id)
        self.check(account)
        form = self._asked(request)
        if form is None:
            return SeeOther("accounts:authorizations", account.account_id)
        if "format" in request.GET:
            return self.file_answer(request, account_id=account.account_id)
        return self.review(account, form)

    def exported(self, request: HttpRequest, account_id: str) -> Export:
        account = self.get_account(account_id)
        self.check(account)
        form = self._asked(request)
        if form is None:
            raise Refused(_("Choose the authorizations anew."), code="bad_boxes")
        plan = grants_preview(actor=self.actor, account=account, codes=form.codes())
        return hits_export(self.actor, plan)

    def _asked(self, request: HttpRequest) -> AskedBoxesForm | None:
        """The boxes of the query; None where it holds none that can be meant."""
        form = AskedBoxesForm(request.GET, actor=self.actor)
        return form if form.is_valid() and form.seen() is not None else None


def _named(codes: list[Authorization]) -> str:
    return ", ".join(f"{code.number} {code.label}" for code in codes)
