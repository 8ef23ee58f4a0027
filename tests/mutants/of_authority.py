"""Who may what: the actor, the decision, grants and policies (docs/domain.md 3)."""

from tests.mutants.mutant import faults

_CONTRACTS = "tests/contracts/test_"
_WHO, _STANDING = f"{_CONTRACTS}who_may.py", f"{_CONTRACTS}standing.py"
_REACH, _SCOPED, _EIGHT = (
    f"{_CONTRACTS}reach.py",
    f"{_CONTRACTS}scoped.py",
    f"{_CONTRACTS}eight.py",
)
_ACTOR = "tests/accounts/core/test_actor.py"
_GRANTS = "tests/accounts/authorizations/test_"

AUTHORITY = (
    *faults(
        "accounts.core.actor",
        (f"{_GRANTS}check_access.py", _SCOPED, _ACTOR, f"{_GRANTS}escalation.py"),
        ("Actor.scope", "Scope.of(self.chain[-1].pk)", "Scope.of(self.chain[0].pk)"),
        ("Actor.visible_part", "return links[at:]", "return links"),
        (
            "actor_for",
            "if user.account_id is not None:",
            "if user.account_id and not user.groups.filter(name=ADMINISTRATORS).exists():",
        ),
        ("relation", "and not actor.scope.is_empty", ""),
        ("relation", "Account.objects.within(actor.scope).filter", "Account.objects.filter"),
    ),
    *faults(
        "accounts.core.actor",
        (_ACTOR, _WHO),
        ("Actor.is_permitted", "self.is_operator and self.in_admin and", "self.is_operator and"),
        ("decide", "if actor.read_only:", "if actor.read_only and actor.viewer is None:"),
        ("decide", "code in actor.grants.get(link.pk, ()),", "bool(actor.grants.get(link.pk)),"),
        ("fresh", "read_only=actor.read_only", "read_only=False"),
        ("fresh", "approver=actor.approver", "approver=None"),
        (
            "decide",
            "code in actor.grants.get(link.pk, ()),",
            "code in actor.grants.get(actor.chain[0].pk, ()),",
        ),
    ),
    *faults(
        "accounts.core.actor",
        (_ACTOR, _STANDING),
        ("actor_for", "or not user.is_active", ""),
        ("actor_for", "or chain[-1].status == Account.Status.CLOSED", ""),
        ("decide", "link.is_stopped(now),", "False,"),
        (
            "decide",
            "link.is_stopped(now),",
            "link.is_stopped(now) and link.pk == actor.account_pk,",
        ),
        ("require_to_look", "actor = fresh(actor)", "pass"),
    ),
    *faults(
        "accounts.core.actor",
        (_REACH, f"{_GRANTS}escalation.py", "tests/accounts/tree/test_services_bulk.py"),
        ("require", "check_allowed(actor, code, None, permission=permission)", "pass"),
        ("require_to_look", "if len(reached) != len(pks):", "if not reached:"),
        ("require_to_look", "for account in reached:", "for account in reached[1:] or reached:"),
        ("require_to_look", "Account.objects.within(actor.scope)", "Account.objects"),
    ),
    *faults(
        "accounts.core.actor",
        ("tests/accounts/tree/test_services_status.py", "tests/accounts/tree/test_clock.py"),
        ("Actor.blocked_by", "self.chain[:-1])", "self.chain[1:-1])"),
        (
            "Actor.blocked_by",
            "if self.chain[-1].is_stopped(now)",
            'if self.chain[-1].status != "active"',
        ),
    ),
    *faults(
        "accounts.core.actor",
        (f"{_GRANTS}grants.py",),
        ("note_use", "last_used_at__gt=now - _USE_PRECISION", "last_used_at__lte=now"),
        ("note_use", "filter(account_id=pk, code=code)", "filter(account_id=pk)"),
    ),
    *faults(
        "accounts.core.decisions",
        (
            f"{_GRANTS}escalation.py",
            f"{_GRANTS}check_access.py",
            f"{_GRANTS}stray_rows.py",
            _STANDING,
            _REACH,
        ),
        ("_outside", "if relation is Relation.OUTSIDE:", "if False:"),
        ("_outside", "if relation is Relation.TOP:", "if False:"),
        ("_wrong_place", "or (own and is_agent_id):", "or own:"),
        (
            "_wrong_place",
            "or (own and is_agent_id):",
            "or is_agent_id:",
            "an Agent ID is asked about with authorizations alone that act below anyhow",
        ),
        ("_rungs", "if stopped:", "if False:"),
        ("_rungs", "if lacking:", "if False:"),
        ("_rungs", "if failed:", "if failed and rung is rungs[-1]:"),
        ("_rung", "if not rung.holds:", "if not rung.holds and is_own:"),
        ("_rung", "if not rung.holds:", "if not rung.holds and not is_own:"),
    ),
    *faults(
        "accounts.core.authorizations",
        (_EIGHT, _ACTOR, f"{_GRANTS}grants.py"),
        ("_REACH", "Authorization.PAY_SUB_ACCOUNT: Reach.BELOW,", ""),
        ("_REACH", "Authorization.PAY_OWN_ACCOUNT: Reach.OWN,", ""),
        ("_MEDIUM", "Authorization.MODIFY_GATEWAY_CAPACITY,", ""),
        ("acts_on", "own == (code.reach is Reach.OWN)", "own or code.reach is not Reach.OWN"),
        ("effective", "found & level.held", "found | level.held"),
        ("effective", "return frozenset()", "continue"),
    ),
    *faults(
        "accounts.core.backends",
        ("tests/accounts/core/test_backends.py",),
        ("AuthorizationBackend.has_perm", "not isinstance(obj, Account) or", ""),
        ("AuthorizationBackend.has_perm", "or perm not in PERMISSIONS", 'or "." not in perm'),
    ),
    *faults(
        "accounts.authorizations.rules.grants",
        (
            f"{_GRANTS}grant_edges.py",
            f"{_GRANTS}grants.py",
            f"{_GRANTS}escalation.py",
            f"{_GRANTS}stray_rows.py",
        ),
        ("unavailable", "for code in ALL - parents:", "for code in ():"),
        ("unavailable", "if actor.own is not None:", "if False:"),
        ("unavailable", "ALL - actor.effective", "ALL - actor.grants[actor.chain[-1].pk]"),
        ("_is_grave", "bool(added & HIGH)", "bool(after & HIGH)"),
        ("_is_grave", "or bool(added and after == ALL)", ""),
        ("needs_reason", "or hits.exists()", ""),
        ("refuse_without_reason", "if reason:", "if True:"),
        ("clean_reason", "len(reason) > _LONGEST_REASON", "len(reason) >= _LONGEST_REASON"),
    ),
    *faults(
        "accounts.authorizations.services.grants",
        (f"{_GRANTS}grant_edges.py", f"{_GRANTS}grants.py", f"{_GRANTS}escalation.py"),
        ("grants_set", "actor.kind is not Kind.SYSTEM", "not actor.is_administrator"),
        ("set_under_lock", "refuse_closed(account)", "pass"),
        (
            "set_under_lock",
            "expected is not None and expected != before",
            "expected is not None and expected < before",
        ),
        ("set_under_lock", "if refused:", "if len(refused) > 1:"),
        ("set_under_lock", "if not reason and", "if False and"),
        (
            "set_under_lock",
            "for code in in_order(added) if",
            "for code in in_order(codes) if",
            "what an account holds its agent holds as well, but for rows that nobody granted",
        ),
        ("cut_to", "excess = ALL - allowed", "excess = HIGH - allowed"),
        (
            "_cut",
            "grants_within(Scope.of(account.pk), codes)",
            "grants_within(Scope.of(account.pk), codes).filter(content_object=account)",
        ),
    ),
    *faults(
        "accounts.authorizations.services.grants",
        (
            f"{_GRANTS}grants.py",
            "tests/accounts/approvals/test_approvals_decided.py",
            "tests/accounts/logins/test_operators_logins.py",
        ),
        ("_cut", "if Authorization.MANAGE_ACCOUNT in codes:", "if False:"),
        (
            "add_each",
            "shut_operators_logins(actor, [account for account, _codes in given])",
            "pass",
        ),
        ("add_each", "refuse_without_reason(given, reason)", "pass"),
    ),
    *faults(
        "accounts.authorizations.rules.policies",
        (
            "tests/accounts/approvals/test_approvals.py",
            f"{_GRANTS}escalation.py",
        ),
        (
            "check_may_become_agent",
            "if not agent.is_agent:",
            "if not agent.is_agent and actor.account_pk != agent.pk:",
        ),
        (
            "check_may_make_agents",
            "if actor.is_administrator:",
            "if actor.is_administrator or actor.is_operator:",
        ),
        (
            "check_may_make_agents",
            "policy is SubAgentPolicy.FORBIDDEN:",
            "policy is SubAgentPolicy.FORBIDDEN and not is_approved:",
        ),
        (
            "check_may_make_agents",
            "is SubAgentPolicy.APPROVAL and not is_approved",
            "is SubAgentPolicy.APPROVAL and is_approved",
        ),
    ),
    *faults(
        "accounts.authorizations.queries.policies",
        ("tests/accounts/approvals/test_approvals.py",),
        ("strictest", "return max(found", "return min(found"),
        ("sub_agent_policy", "for link in way)", "for link in way[-1:])"),
    ),
    *faults(
        "accounts.authorizations.rules.templates",
        (f"{_GRANTS}templates.py", _WHO, _REACH),
        ("may_keep", "if actor.read_only:", "if False:"),
        ("may_keep", "Authorization.MANAGE_ACCOUNT in actor.effective", "True"),
        (
            "belongs_to",
            "template.owner_id == actor.account_pk",
            "template.owner_id in (None, actor.account_pk)",
        ),
    ),
)
