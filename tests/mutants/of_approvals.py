"""Requests of new agents, and who decides about them (docs/domain.md 3)."""

from tests.mutants.mutant import faults

_APPROVALS = "tests/accounts/approvals/test_approvals"

APPROVALS = (
    *faults(
        "accounts.approvals.services.deciding",
        (f"{_APPROVALS}_decided.py", f"{_APPROVALS}.py", "tests/contracts/test_who_may.py"),
        ("_approver", "if not actor.is_administrator or actor.read_only:", "if actor.read_only:"),
        ("_approver", "or actor.read_only:", ":"),
        ("_approver", "if not requests_of(actor).filter(pk=request.pk).exists():", "if False:"),
        ("request_approve", "if granted - asked:", "if False:"),
        (
            "request_approve",
            "if request.status != Status.WAITING:",
            "if False:",
            "the decision asks for it again, in the words of the same refusal",
        ),
        ("request_approve", "replace(requester, approver=actor.user)", "requester"),
        ("request_reject", "if not reason:", "if False:"),
        ("request_withdraw", "actor.account_pk != current.requester_account_id or", ""),
        ("request_withdraw", "or actor.read_only:", ":"),
        (
            "_decide",
            "filter(pk=request.pk, status=Status.WAITING).update",
            "filter(pk=request.pk).update",
        ),
        ("_ground", "if is_stopped(pks):", "if False:"),
        ("_ground", "request.agent_id,\n", ""),
        (
            "_ground",
            "if actor.account_pk != request.requester_account_id:",
            "if False:",
            "a login belongs to one account for good",
        ),
        ("_ground", "user is None or actor.kind is not Kind.ACCOUNT", "user is None"),
        ("_to_the_approver", 'if error.code != "not_grantable":', "if True:"),
        ("request_seen", "and not actor.read_only", ""),
        ("_decided_before", "if actor.is_administrator else", "if True else"),
    ),
    *faults(
        "accounts.approvals.services.asking",
        (f"{_APPROVALS}.py", f"{_APPROVALS}_decided.py"),
        ("_refuse_more", "if same.exists():", "if False:"),
        ("_refuse_more", "waiting.count() >= MOST_WAITING", "waiting.count() > MOST_WAITING"),
        ("_file", "_refuse_stopped([agent.pk, *([target.pk] if target else [])])", "pass"),
        (
            "_file",
            "actor.kind is not Kind.ACCOUNT or own is None",
            "own is None",
            "whoever belongs to no account has no own one either",
        ),
        ("_rehearse", "transaction.set_rollback(True)", "pass"),
        ("perform", "is_approved=True,\n", "is_approved=False,\n"),
        (
            "request_create_filed",
            'if first_login and not first_login.get("email", "").strip():',
            "if False:",
        ),
    ),
    *faults(
        "accounts.approvals.services.voiding",
        (f"{_APPROVALS}_decided.py", f"{_APPROVALS}.py"),
        ("void_groundless", "if not lost.as_actor:", "if False:"),
        ("void_groundless", "if not lost.as_actor:", "if True:"),
        (
            "void_groundless",
            'in_scope(scope, "agent") | in_scope(scope, "target")',
            'in_scope(scope, "agent")',
        ),
        (
            "void_where",
            "concerned, status=SubAgentRequest.Status.WAITING)",
            "concerned)",
            "the statement that ends one asks for its status again",
        ),
    ),
    *faults(
        "accounts.approvals.queries",
        ("tests/contracts/test_scoped.py", f"{_APPROVALS}_pages.py", f"{_APPROVALS}.py"),
        ("_reached", "Account.objects.within(scope).filter", "Account.objects.filter"),
        ("to_look_at", "requester_account=scope.account_pk, seen_at=None", "seen_at=None"),
        ("is_stopped", "for link in way)", "for link in way[-1:])"),
    ),
)
