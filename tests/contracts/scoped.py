"""Every queryset that is narrowed to a scope, asked on behalf of an actor."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from accounts.approvals.queries import requests_of, requests_waiting_below, to_look_at
from accounts.audit.queries import entries_of, entries_on
from accounts.authorizations.queries.facts import changes_reached
from accounts.authorizations.queries.grants import grants_within
from accounts.authorizations.queries.reviews import Which, grants_due, grants_for_review
from accounts.authorizations.queries.templates import templates_of
from accounts.core.actor import SYSTEM, Actor
from accounts.core.authorizations import ALL
from accounts.core.models import Account
from accounts.core.reach import (
    accounts_below,
    accounts_reached,
    directly_in,
    own_account,
    roots_in,
)
from accounts.gateways.queries import gateways_of
from accounts.jobs.queries import jobs_of
from accounts.logins.queries import logins_called, logins_like
from accounts.mail.queries import mails_of
from accounts.phones.queries import made_by, numbers_like, phones_of, phones_on
from accounts.requests.queries import asked_of, asked_to_grant
from accounts.switches.queries import refusals_of, switches_of
from accounts.tree.queries.listed import listed_in
from accounts.tree.queries.search import noted, people_called
from accounts.tree.queries.sidebar import listed
from billing.calls.queries import files_of
from billing.cards.queries import batches_of, cards_called, cards_of, pins_taken_in
from billing.carriers.queries import carriers_of
from billing.charging.queries.calls import (
    calls_of,
    calls_on,
    newest_of,
    with_call_id,
    without_former,
)
from billing.charging.queries.queue import records_seen, records_written_off
from billing.charging.queries.reratings import reratings_of
from billing.charging.spans import Span
from billing.distributions.queries import distributions_of, drafts_of
from billing.holds.queries import running_of, running_on
from billing.ledger.queries import entries as ledger
from billing.ledger.queries.settlements import settled_before
from billing.payments.queries import receipts_of, with_memos_of
from billing.rates.queries import imports_of, users_of
from billing.wallets.queries import groups_kept, groups_named, groups_seen, groups_to_sell

_EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
_SPAN = Span(*_EVER)
NUMBER = "8801755500001"

# By the dotted name; `account` is one about which there is something of every kind.
SCOPED: dict[str, Callable[[Actor, Account], Any]] = {
    "accounts.approvals.queries.requests_of": lambda actor, _one: requests_of(actor),
    "accounts.approvals.queries.requests_waiting_below": lambda actor, one: requests_waiting_below(
        actor.scope, one.pk
    ),
    "accounts.approvals.queries.to_look_at": lambda actor, _one: to_look_at(actor.scope),
    "accounts.audit.queries.entries_of": lambda actor, _one: entries_of(actor),
    "accounts.audit.queries.entries_on": lambda actor, one: entries_on(actor, one, with_below=True),
    "accounts.authorizations.queries.facts.changes_reached": lambda actor, _one: changes_reached(
        actor
    ),
    "accounts.authorizations.queries.grants.grants_within": lambda actor, _one: grants_within(
        actor.scope, ALL
    ),
    "accounts.authorizations.queries.reviews.grants_due": lambda actor, _one: grants_due(
        actor.scope, _EVER[1]
    ),
    "accounts.authorizations.queries.reviews.grants_for_review": (
        lambda actor, _one: grants_for_review(actor, Which.ALL)
    ),
    "accounts.authorizations.queries.templates.templates_of": (
        lambda actor, _one: templates_of(actor)
    ),
    "accounts.core.reach.accounts_below": lambda actor, _one: accounts_below(actor.scope),
    "accounts.core.reach.accounts_reached": lambda actor, _one: accounts_reached(actor),
    "accounts.core.reach.directly_in": lambda actor, _one: directly_in(actor.scope),
    "accounts.core.reach.own_account": lambda actor, _one: own_account(actor.scope),
    "accounts.core.reach.roots_in": lambda actor, _one: roots_in(actor.scope),
    "accounts.gateways.queries.gateways_of": lambda actor, _one: gateways_of(actor),
    "billing.carriers.queries.carriers_of": lambda actor, _one: carriers_of(actor),
    "accounts.jobs.queries.jobs_of": lambda actor, _one: jobs_of(actor),
    "accounts.logins.queries.logins_like": lambda actor, _one: logins_like(actor.scope, ""),
    "accounts.mail.queries.mails_of": lambda actor, _one: mails_of(actor),
    "accounts.phones.queries.made_by": lambda actor, _one: made_by(actor, [NUMBER], *_EVER),
    "accounts.logins.queries.logins_called": lambda actor, _one: logins_called(
        actor.scope, "Login-of-"
    ),
    "accounts.phones.queries.numbers_like": lambda actor, _one: numbers_like(actor, NUMBER[2:]),
    "accounts.phones.queries.phones_of": lambda actor, _one: phones_of(actor),
    "accounts.phones.queries.phones_on": lambda actor, one: phones_on(actor, one, with_below=True),
    "accounts.requests.queries.asked_of": lambda actor, _one: asked_of(actor),
    "accounts.requests.queries.asked_to_grant": lambda actor, _one: asked_to_grant(actor.scope),
    "accounts.switches.queries.refusals_of": lambda actor, _one: refusals_of(actor),
    "accounts.switches.queries.switches_of": lambda actor, _one: switches_of(actor),
    "accounts.tree.queries.listed.listed_in": lambda actor, _one: listed_in(
        actor.scope, None, is_all=True
    ),
    "accounts.tree.queries.search.noted": lambda actor, _one: noted(actor.scope, "noted"),
    "accounts.tree.queries.search.people_called": lambda actor, _one: people_called(
        actor.scope, "known"
    ),
    "accounts.tree.queries.sidebar.listed": lambda actor, _one: listed(actor.scope, True),
    "billing.calls.queries.files_of": lambda actor, _one: files_of(actor),
    "billing.cards.queries.batches_of": lambda actor, _one: batches_of(actor),
    "billing.cards.queries.cards_called": lambda actor, _one: cards_called(
        actor, cards_of(SYSTEM).order_by("pk")[0].serial
    ),
    "billing.cards.queries.cards_of": lambda actor, _one: cards_of(actor),
    "billing.cards.queries.pins_taken_in": lambda actor, _one: pins_taken_in(actor),
    "billing.charging.queries.calls.calls_of": lambda actor, _one: calls_of(actor, _SPAN),
    "billing.charging.queries.calls.calls_on": lambda actor, one: calls_on(
        actor, one, _SPAN, with_below=True
    ),
    "billing.charging.queries.calls.newest_of": lambda actor, _one: newest_of(
        actor, timezone.now()
    ),
    "billing.charging.queries.calls.with_call_id": lambda actor, _one: with_call_id(actor, "free"),
    "billing.charging.queries.calls.without_former": lambda actor, _one: without_former(
        actor, calls_of(SYSTEM, _SPAN)
    ),
    "billing.charging.queries.queue.records_seen": lambda actor, _one: records_seen(actor),
    "billing.charging.queries.queue.records_written_off": (
        lambda actor, _one: records_written_off(actor)
    ),
    "billing.charging.queries.reratings.reratings_of": lambda actor, _one: reratings_of(actor),
    "billing.distributions.queries.distributions_of": lambda actor, _one: distributions_of(actor),
    "billing.distributions.queries.drafts_of": lambda actor, _one: drafts_of(actor),
    "billing.holds.queries.running_of": lambda actor, _one: running_of(actor),
    "billing.holds.queries.running_on": lambda actor, one: running_on(actor, one, with_below=True),
    "billing.ledger.queries.entries.entries_of": lambda actor, _one: ledger.entries_of(actor),
    "billing.ledger.queries.settlements.settled_before": lambda actor, _one: settled_before(actor),
    "billing.payments.queries.receipts_of": lambda actor, _one: receipts_of(actor),
    "billing.payments.queries.with_memos_of": lambda actor, _one: with_memos_of(actor),
    "billing.rates.queries.users_of": lambda actor, _one: users_of(actor),
    "billing.wallets.queries.groups_kept": lambda actor, _one: groups_kept(actor),
    "billing.wallets.queries.groups_seen": lambda actor, _one: groups_seen(actor),
    "billing.wallets.queries.groups_to_sell": groups_to_sell,
    "billing.rates.queries.imports_of": lambda actor, _one: imports_of(actor),
    "billing.wallets.queries.groups_named": lambda actor, _one: groups_named(actor),
}

# Not by whom they are asked for alone, and why.
BESIDE = {
    "accounts.authorizations.queries.templates.templates_used": "of templates that are seen, some",
    "billing.charging.queries.calls.called_though_locked": "of calls that somebody sees, some",
    "accounts.core.versions.counter": "one row with a sum, for `current`, which is 0 then",
    "accounts.gateways.queries.gateways_known_to": "of accounts that somebody sees, their number",
    "accounts.phones.queries.phones_counted": "of accounts that somebody sees, their number",
    "accounts.portal.counted.with_counts": "adds columns to accounts that somebody sees",
}
