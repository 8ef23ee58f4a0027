"""Which rate groups somebody sees and may give, and what accounts and cards buy at
(docs/domain.md 1, 7, 8).
"""

from tests.mutants.mutant import faults

_GROUPS = "tests/billing/rates/test_groups.py"
_TERMS = "tests/billing/handing_out/test_rate_group_terms.py"
_MOVES = "tests/billing/handing_out/test_rate_group_moves.py"
_STRAYS = "tests/billing/handing_out/test_rate_group_strays.py"
_LISTS = "tests/billing/handing_out/test_rate_group_lists.py"
_CARDS = "tests/billing/cards/test_cards_open_accounts.py"
_ASKED = "tests/billing/rates/test_price_question.py"
_MAY = "tests/contracts/test_who_may.py::test_who_holds_everything_else_may_not"
_REACH = "tests/contracts/test_reach.py::test_"
_STANDING = "tests/contracts/test_standing.py::test_"

BOUGHT_AT = (
    *faults(
        "billing.wallets.queries",
        (_GROUPS, _TERMS, _ASKED, _LISTS, _CARDS),
        ("groups_seen", " | Q(pk__in=bought_at)", ""),
        ("groups_seen", "_sold_at(actor) | ", ""),
        ("groups_seen", "if actor.is_administrator:", "if False:"),
        ("groups_seen", "Wallet.objects.filter(pk=actor.account_pk)", "Wallet.objects.all()"),
        ("groups_kept", "owner=actor.account_pk", "owner__isnull=False"),
        ("groups_kept", "RateGroup.objects.filter(owner=actor.account_pk)", "groups_seen(actor)"),
        ("groups_kept", "if actor.is_administrator:", "if False:"),
        (
            "groups_kept",
            "if actor.account_pk is None:",
            "if False:",
        ),
        ("groups_seen", "if actor.account_pk is None:", "if False:"),
        ("groups_to_sell", "if actor.account_pk is None:", "if False:"),
        ("groups_to_sell", "RateGroup.objects.filter(_sold_at(actor))", "groups_seen(actor)"),
        ("groups_to_sell", "_owned_above(account, agent)", "Q()"),
        ("_sold_at", ", is_shared=True", ""),
        ("_sold_at", "Q(owner__isnull=True) | ", ""),
        ("_sold_at", " | Q(owner__in=above)", ""),
        ("_sold_at", "Q(owner__in=above)", "Q(owner__isnull=False)"),
        ("_sold_at", "if Authorization.MANAGE_ACCOUNT not in actor.effective:", "if False:"),
        ("_sold_at", "return own | Q(", "return Q("),
        (
            "_owned_above",
            "chains([account.pk])[account.pk][:-1]",
            "chains([account.pk])[account.pk]",
        ),
        ("_owned_above", "chains([agent.pk])[agent.pk]", "chains([agent.pk])[agent.pk][:-1]"),
        ("_owned_above", "Q(owner__isnull=True) | ", ""),
        ("groups_named", " | below", ""),
        ("group_name", " or group_above(actor)", " or group.name"),
        ("own_group", "wallets=actor.account_pk", "owner=actor.account_pk"),
        ("_group_words", "link.pk for link in actor.chain[:-1]", "link.pk for link in actor.chain"),
        ("_group_words", "or wallet.group_is_shared", "or True"),
        ("_group_words", "or wallet.rate_group_id == wallet.group_of_reader", ""),
        ("_group_words", "(None, *", "(0, *"),
        ("accounts_offered", "groups_to_sell(actor, None)", "groups_seen(actor)"),
        ("accounts_offered", "way[:-1]", "way"),
        (
            "accounts_offered",
            "if not owners or owners[0] is None:",
            "if not owners or owners[0] is not None:",
        ),
        ("accounts_offered", "pks if owners else frozenset()", "pks"),
        ("anybody_without_group", "Account.objects.filter(WITHOUT_GROUP)", "Account.objects"),
    ),
    *faults(
        "billing.wallets.rules",
        (_TERMS, _CARDS, _GROUPS),
        ("check_group", "if not offered.filter(pk=group.pk).exists():", "if False:"),
        ("check_group", "agent=agent", "agent=None"),
        ("group_not_yours", "if actor.approver is not None:", "if False:"),
        ("required_reason", "tidied(reason)", "reason"),
        ("required_reason", "if not text:", "if False:"),
    ),
    *faults(
        "billing.handing_out.services.rate_groups",
        (
            _STRAYS,
            "tests/billing/handing_out/test_rate_group_preview.py",
            _TERMS,
            _MOVES,
            _CARDS,
            f"{_MAY}[rate_group_set_many-manage_account]",
            f"{_REACH}what_lies_elsewhere_is_as_what_does_not_exist[rate_group_set_many]",
            f"{_REACH}it_acts_on_accounts_below_and_not_on_the_own_one[rate_group_set_many]",
            f"{_STANDING}a_closed_account_is_never_changed[rate_group_set_many]",
        ),
        (
            "rate_group_set_many",
            "actor = require_each(actor, Authorization.MANAGE_ACCOUNT, current)",
            "pass",
        ),
        ("rate_group_set_many", "refuse_closed(one)", "pass"),
        (
            "rate_group_set_many",
            "permitted_group(actor, current, group) if group else None",
            "group",
        ),
        ("rate_group_set_many", " if one.rate_group_id != wanted", ""),
        ("rate_group_preview", "check_allowed(actor, Authorization.MANAGE_ACCOUNT, one)", "pass"),
        ("rate_group_preview", "if len(current) < len(pks):", "if False:"),
        ("rate_group_preview", "elif held[one.pk] == wanted:", "elif False:"),
        ("rate_group_preview", "elif one.pk not in offered:", "elif False:"),
        ("rate_group_preview", "if one.status == Account.Status.CLOSED:", "if False:"),
        ("groups_lost", '_write(actor, strayed, by_key, None, "")', "pass"),
        (
            "group_of_card_given",
            "rate_group=None).update(rate_group=group)",
            "rate_group=None).exists()",
        ),
        ("group_of_card_given", " or strayed_wallets([account]).exists()", ""),
        (
            "group_of_card_given",
            "wallet.filter(rate_group=None)",
            "wallet",
            "an account that a card has just opened has none yet",
        ),
        (
            "permitted_group",
            "_refuse_foreign(actor, accounts, found)",
            "pass",
            "SQLite has one writer: only what comes between the two questions could tell",
        ),
        (
            "permitted_group",
            "if found is None:",
            "if False:",
            "SQLite has one writer: test_rate_group_at_once.py deletes it between, on PostgreSQL",
        ),
        ("_refuse_foreign", "< len({one.pk for one in accounts})", "< 1"),
        ("_write", 'version=F("version") + 1', 'version=F("version")'),
        ("_write", "rate_group=group, version", "version"),
        ("_write", "record_each(", "dict("),
    ),
    *faults(
        "billing.handing_out.services.terms",
        (
            _TERMS,
            f"{_MAY}[terms_set, the rate group-manage_account]",
            f"{_REACH}what_lies_elsewhere_is_as_what_does_not_exist[terms_set, the rate group]",
        ),
        ("_group", "return permitted_group(actor, [account], group)", "return group"),
        ("_group", "if group is None or group.pk == stored.rate_group_id:", "if group is None:"),
        ("terms_of", '"rate_group": group_noted(wallet.rate_group),', ""),
    ),
    *faults(
        "billing.handing_out.queries.rate_groups",
        (_STRAYS, _MOVES, _CARDS),
        ("strayed_wallets", 'tree_id=OuterRef("account__tree_id"),', ""),
        ("strayed_wallets", 'lft__lt=OuterRef("account__lft"),', ""),
        ("strayed_wallets", 'rght__gt=OuterRef("account__rght"),', ""),
        ("strayed_wallets", ", rate_group__owner__isnull=False", ""),
        ("strayed_wallets", "in_branches(accounts), ", ""),
        ("owners_left", "above - kept", "above"),
        ("owners_left", "ways[one.pk][:-1]", "ways[one.pk]"),
    ),
    *faults(
        "accounts.core.querysets",
        (_STRAYS, _MOVES, _CARDS),
        ("in_branches", "(one.lft, one.rght)", "(one.lft, one.lft)"),
    ),
    *faults(
        "billing.cards.queries",
        (_STRAYS, _MOVES, _CARDS),
        ("strayed_batches", 'tree_id=OuterRef("account__tree_id"),', ""),
        ("strayed_batches", "lft__lte", "lft__lt"),
        ("strayed_batches", "rght__gte", "rght__gt"),
        ("strayed_batches", ", rate_group__owner__isnull=False", ""),
        ("batches_to_stray", "in_branches(accounts), ", ""),
    ),
    *faults(
        "billing.cards.services.batch_deeds",
        (_STRAYS, _MOVES, _CARDS),
        (
            "batch_opening_set",
            "check_opening(actor, batch.account, asked, ctd_billing_model, number_preset)",
            "pass",
        ),
        ("batch_opening_set", "asked = None if is_same else rate_group", "asked = rate_group"),
        ("batch_opening_set", "if after:", "if True:"),
        ("groups_of_batches_lost", "batch.rate_group = None", "pass"),
        (
            "groups_of_batches_lost",
            'record_batch_deed(actor, batch, "opening", before, {"rate_group": None}, "")',
            "pass",
        ),
    ),
    *faults(
        "billing.cards.services.redeeming",
        (_CARDS,),
        ("_given", "if batch.rate_group is not None:", "if False:"),
    ),
    *faults(
        "billing.cards.services.generation",
        (_CARDS,),
        (
            "_made",
            "check_group(actor, None, batch.rate_group, agent=account)",
            "pass",
            "it was asked before: only what comes between tells",
        ),
    ),
)
