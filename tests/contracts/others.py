"""Public functions of services that promise nothing to an actor, and why that is so. What is not
here has its lines in the table.
"""

from collections.abc import Iterator

# Those of another service's transaction, which has asked before: nothing but services, and what is
# registered for them in hooks, may call these. They take the actor to say who it was.
PARTS = """
accounts.approvals.services.voiding: void_groundless void_where
accounts.authorizations.services.grants: add_each cut_to new_batch set_under_lock
accounts.gateways.services.capacity: write_capacity
accounts.logins.services.logins: add_login change_login insert_login reset_login save_login
accounts.logins.services.logins: session_end sessions_end set_login_active
accounts.logins.services.logins: logins_delete_with_account
accounts.logins.services.shutting: shut_operators_logins
accounts.phones.services.imports: imported plan_of told
accounts.phones.services.phones: change_phone record_new set_lock
accounts.requests.services: close_granted void_asked
accounts.tree.services.accounts: check_ids_free
billing.cards.services.batch_deeds: groups_of_batches_lost record_batch_deed
billing.cards.services.batches: refuse_taken_serials
billing.cards.services.deeds: record_card_deed
billing.cards.services.redeeming: find_by_pin use_card
billing.charging.services.rerating_work: looked_through posted_parts
billing.distributions.services.drafts: own_draft plan_of
billing.distributions.services.paying: checked post_plan
billing.handing_out.services.gate: handing_recorded opened
billing.handing_out.services.moves: check_cover_of_move moved
billing.handing_out.services.rate_groups: groups_lost permitted_group
billing.ledger.services.mailing: mailings_lost
accounts.tree.services.memos: memos_lost
billing.handing_out.services.terms: wallets_create
billing.ledger.services.batches: post_charges post_many
billing.ledger.services.posting: post
billing.payments.services.transfers: transfer_source
billing.rates.services.deck_entering: entered
billing.rates.services.groups: made_group
"""

# They are the question that services ask, and do nothing by themselves: as PARTS.
QUESTIONS = """
accounts.gateways.services.gateways: reached
accounts.phones.services.locks: in_locked_account in_locked_phones
billing.cards.services.attempts: pin_attempt
billing.cards.services.batch_deeds: in_locked_batch
billing.cards.services.batches: permitted
billing.cards.services.deeds: in_locked_accounts
billing.cards.services.redeeming: may_try
billing.charging.services.rerating_work: administrator
billing.distributions.services.drafts: permitted
billing.ledger.services.posting: first_or
billing.rates.services.decks: in_locked_deck
billing.rates.services.keeping: keeper kept_group seen_group
"""

# They only say how something looks to the actor, of what a page has found for it.
WORDS = """
accounts.gateways.services.capacity: is_hidden
accounts.logins.services.preferences: row_density
accounts.phones.services.import_jobs: phones_of_import
accounts.tree.services.moving: effects_elsewhere
billing.distributions.services.drafts: draft_like
"""

# Of those that take no actor: parts of other services, which write or lock. As PARTS.
PARTS_OF_NOBODY = """
accounts.approvals.services.asking: perform
accounts.logins.services.codes: issue_way_in withdraw_ways_in
accounts.logins.services.own: set_password
accounts.logins.services.sessions: session_end_one sessions_end_of sessions_end_of_accounts
accounts.logins.services.sessions: sessions_end_of_branch sessions_end_of_logins
accounts.mail.services.queue: mail_queue
accounts.phones.services.phones: insert_numbers insert_phones save_phone
accounts.phones.services.uses: uses_ended
accounts.tree.services.accounts: save_account
billing.cards.services.batch_deeds: locked_batch
billing.cards.services.deeds: locked_card turned
billing.handing_out.services.rate_groups: group_of_card_given
billing.calls.services.intake: record_missing records_taken
billing.charging.services.adding: cost_counted leg_counted totals_added
billing.charging.services.authorized: note_authorized spare_waiting
billing.charging.services.partitions: part_made parts_dropped tables_held
billing.charging.services.rerating: check_kept
billing.charging.services.rerating: charge_anew
billing.charging.services.rerating_work: in_transaction locked silent
billing.charging.services.charges: posted
billing.charging.services.writing: written
billing.handing_out.services.terms: close_blockers delete_blockers
billing.charging.services.estimating: estimated
billing.holds.services.estimates: estimates_forgotten estimates_kept
billing.holds.services.running: call_waits calls_forgotten calls_released records_forgotten
billing.holds.services.running: released_with
billing.ledger.services.posting: locked_balances locked_wallets posted_before
billing.rates.services.deck_checks: keep_found
billing.rates.services.keeping: check_not_charged touched
billing.wallets.services.standing: hold_charging standing_begun standing_noted
"""

# They read or say something, of what they are given.
WORDS_OF_NOBODY = """
accounts.gateways.services.capacity: capacity_state
accounts.gateways.services.gateways: information_state required routing_state
billing.carriers.services: policy_state
accounts.jobs.services.exports: files_made iter_pieces
accounts.jobs.services.work: is_seen_meanwhile
accounts.logins.services.preferences: page_size
accounts.numbers.services: fingerprint
accounts.phones.services.phones: new_phone phone_values
accounts.tree.services.accounts: account_values id_taken
accounts.tree.services.moving: depth_warning height_of move_refusal
billing.calls.services.files: check_source kept_content
billing.cards.services.attempts: pin_called pin_counted wrong_pin
billing.cards.services.batches: opening_noted serials_not_available
billing.cards.services.calling: card_bound
billing.cards.services.deeds: card_changed
billing.cards.services.redeeming: card_blocked card_expired check_usable
billing.cards.services.secrets: pin_masked
billing.charging.services.archiving: columns_of within
billing.charging.services.authorized: authorized_of
billing.charging.services.charger: oldest_kept
billing.charging.services.partitions: bounds owns_tables part_of strays
billing.charging.services.restoring: month_named
billing.charging.services.rerating: compared
billing.distributions.services.drafts: check_control_sum is_taken
billing.distributions.services.work: error_row error_rows errors_header
billing.handing_out.services.rate_groups: group_noted
billing.handing_out.services.terms: terms_of
billing.holds.services.estimates: estimates_of
billing.holds.services.running: due_to_extend held_by
billing.ledger.services.posting: between check_is_now input_hash insufficient into key_of_person
billing.ledger.services.posting: reason_in_memo too_large
billing.payments.services.transfers: source_recorded transfer_shortfalls
billing.rates.services.deck_checks: compare look_at
billing.rates.services.deck_entering: begun_by changed_by versions_of
billing.rates.services.decks: answers_of check_open deck_file is_busy job_input
billing.rates.services.rates: built draft_of state_of subject_of
"""

# Workers and housekeeping do these, for nobody in particular or with the rights that who asked has
# by then.
WORKERS = """
accounts.audit.services: seal_settled
accounts.availability.services: purge_availability
accounts.jobs.services.beat: purge_workers worker_seen
accounts.jobs.services.exports: export_make
accounts.jobs.services.files: file_store
accounts.jobs.services.run: enqueue give_back take work_at
accounts.jobs.services.upkeep: enqueue_lost prune_tasks purge_old requeue_interrupted
accounts.jobs.services.work: mine
accounts.mail.services.sending: enqueue
accounts.mail.services.upkeep: mails_enqueued mails_left_out mails_taken_back purge_mails
accounts.phones.services.import_jobs: check run
accounts.switches.services.refusals: door_refused
accounts.switches.services.registrations: registered unregistered
accounts.switches.services.switches: switch_seen
accounts.upkeep.services.checks: purge_results
accounts.upkeep.services.chores: claim due
billing.calls.services.files: purge_pieces
billing.calls.services.posted: records_posted
billing.cards.services.deeds: used_up_noted
billing.cards.services.generation: generate
billing.charging.services.archiving: month_archived months_archived
billing.charging.services.charger: charge_all charge_batch
billing.charging.services.partitions: parts_made
billing.cards.services.calling: card_calling
billing.holds.services.callbacks: callback_begun callback_given_up callback_ordered
billing.holds.services.callbacks: callbacks_expired callbacks_taken
billing.holds.services.holding: call_held made_durable
billing.holds.services.running: call_answered call_ended call_extended lost_found switch_restarted
billing.charging.services.volumes: months_closed volumes_counted
billing.charging.services.files: charge_file import_run
billing.distributions.services.drafts: purge_drafts
billing.ledger.services.mailing: statements_mailed
billing.charging.services.queue: charge_queue
billing.charging.services.reratings: check post purge_reratings
billing.distributions.services.work: distribute
billing.rates.services.copying: copy
billing.rates.services.deck_checks: check
billing.rates.services.deck_entering: enter
billing.rates.services.decks: purge_decks
"""

# The operator's shell does these: whoever has that has everything.
SHELL = """
accounts.audit.services: log_found verify
accounts.authorizations.services.repair: authorizations_repair
accounts.tree.services.repair: renumber
accounts.upkeep.services.checks: run_checks
billing.charging.services.rerating: rerate_preview
billing.charging.services.restoring: month_restored
billing.charging.services.reratings: differences_of rerate_now
"""

# At the door: who comes in is nobody's actor yet, and who goes out no longer.
DOOR = """
accounts.logins.services.codes: code_opens invited_login redeem_invitation
accounts.logins.services.own: sign_in_recorded
accounts.logins.services.sessions: session_seen
accounts.logins.services.view_as: view_as_end view_as_now
"""


def named(*lists: str) -> Iterator[str]:
    """The dotted names in these lists."""
    for line in "".join(lists).strip().splitlines():
        module, _colon, names = line.partition(": ")
        yield from (f"{module}.{name}" for name in names.split())


WITH_ACTOR = frozenset(named(PARTS, QUESTIONS, WORDS))
WITHOUT_ACTOR = frozenset(named(PARTS_OF_NOBODY, WORDS_OF_NOBODY, WORKERS, SHELL, DOOR))
OF_SERVICES_ALONE = frozenset(named(PARTS, QUESTIONS, PARTS_OF_NOBODY))
