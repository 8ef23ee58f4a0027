"""What the values of a phone must look like, and which numbers an account may be given
(docs/domain.md 5 and 8).
"""

import hashlib
import secrets
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.availability import Holder, Taken, Thing
from accounts.core.availability_deeds import refuse_taken
from accounts.core.models import Account
from accounts.core.querysets import chains, in_scope
from accounts.core.rules import clean_codecs, one_line
from accounts.kit.encryption import encrypted
from accounts.kit.errors import Refused
from accounts.numbers.digits import NotANumber
from accounts.numbers.pasted import numbers_of
from accounts.numbers.queries import NumberLevel, number_chain, with_rules
from accounts.numbers.reading import normalised, spans
from accounts.numbers.verdict import Purpose
from accounts.phones.models import Phone, PhoneLock, PhoneNumber

MOST_CALLS = 1000
MOST_DIDS = 50
_LONGEST_MEMO = 200
# No statement asks for more numbers at once: databases take only so many parameters.
_PORTION = 10_000
# Without 0/O, 1/I/l: nothing to confuse when it is typed into a telephone. 54^20 ≈ 2^115.
_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstuvwxyz23456789"
_PASSWORD_LENGTH = 20

EDITABLE = ("display_number", "max_calls", "codecs", "memo")


@dataclass(frozen=True)
class IssuedPhone:
    """A phone with a new password, to be shown once to whoever made it; it is stored nowhere."""

    phone: Phone
    password: str
    dids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Obstacle:
    """What stands against giving a number to an account: a sentence, and where to look."""

    code: str
    words: str
    url: str = ""
    # Somebody out of reach has it: what is told of it is counted first (`availability`).
    taken: Taken | None = None


def issue_password(phone: Phone) -> str:
    """Give a phone that is about to be saved a new password, and return it."""
    password = "".join(secrets.choice(_ALPHABET) for _ in range(_PASSWORD_LENGTH))
    phone.realm = settings.SIP_REALM
    phone.ha1 = encrypted(digest(phone.number, phone.realm, password))
    phone.password_set_at = timezone.now()
    return password


def digest(number: str, realm: str, password: str) -> str:
    """HA1 of SIP's digest authentication (RFC 3261, 22.4): MD5, whatever one thinks of it."""
    text = f"{number}:{realm}:{password}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def clean_number(text: str, field: str = "number") -> str:
    """The digits of a number. Raises Refused for the field."""
    try:
        return normalised(text)
    except NotANumber as error:
        raise Refused(error.message, code=error.code, field=field) from error


def clean_phone(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of EDITABLE and `lock`, each as given. Raises Refused on the first that cannot be
    stored, TypeError for a name that is none of them.
    """
    clean: dict[str, Any] = {}
    for key, value in values.items():
        if key not in (*EDITABLE, "lock"):
            raise TypeError(f"Not a value of a phone: {key}")
        clean[key] = _CLEANERS[key](value)
    return clean


def clean_dids(number: str, dids: Iterable[str]) -> list[str]:
    """Further numbers of the phone `number`, in order and each once. Raises Refused."""
    cleaned = sorted({did for typed in dids for did in _numbers_of(typed)})
    if number in cleaned:
        raise Refused(
            _("%(number)s is the phone's own number; it needs no DID.") % {"number": number},
            code="own_number",
            field="dids",
        )
    if len(cleaned) > MOST_DIDS:
        raise Refused(
            _("A phone has at most %(most)s DIDs.") % {"most": MOST_DIDS},
            code="too_many",
            field="dids",
        )
    return cleaned


def _numbers_of(typed: str) -> list[str]:
    """The numbers of a line of DIDs, each number of a range. Raises Refused."""
    try:
        return [one for span in spans(typed) for one in numbers_of(span)]
    except Refused as error:
        raise Refused(error.message, code=error.code, field="dids") from error


def _clean_display(value: str) -> str:
    return clean_number(value, "display_number") if (value or "").strip() else ""


def _clean_lock(value: str) -> str:
    if value not in PhoneLock.values:
        raise Refused(_("Choose one of the options."), code="unknown_choice", field="lock")
    return value


def _clean_calls(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MOST_CALLS:
        raise Refused(
            _("Enter a whole number from 1 to %(most)s.") % {"most": f"{MOST_CALLS:,}"},
            code="calls",
            field="max_calls",
        )
    return value


def _clean_memo(value: str) -> str:
    text = one_line(value, "memo")
    if len(text) > _LONGEST_MEMO:
        raise Refused(
            _("Use at most %(max)s characters.") % {"max": _LONGEST_MEMO},
            code="too_long",
            field="memo",
        )
    return text


_CLEANERS: dict[str, Any] = {
    "display_number": _clean_display,
    "lock": _clean_lock,
    "max_calls": _clean_calls,
    "codecs": clean_codecs,
    "memo": _clean_memo,
}


def obstacles(actor: Actor, account: Account, numbers: Iterable[str]) -> dict[str, Obstacle]:
    """What stands against giving these numbers to `account`, by number; nothing for those that are
    free and may be assigned there. A fixed number of queries for every ten thousand of them.
    """
    wanted = sorted(set(numbers))
    return _against(wanted, outside(actor, account, wanted), _all_taken(actor, wanted))


def obstacles_of_many(
    actor: Actor,
    accounts: Sequence[Account],
    wanted: Mapping[int, Collection[str]],
    shown: Mapping[int, Collection[str]],
) -> dict[int, dict[str, Obstacle]]:
    """As `obstacles` of the numbers `wanted` for each account and as `outside` of those that are
    only `shown`, both by the key of the account. Accounts without rules of their own are judged
    together, where their agent stands: the queries grow with the agents, not with the accounts.
    """
    pks = [one.pk for one in accounts]
    ruled = with_rules(pks, Purpose.ALLOCATION) if len(pks) > 1 else set(pks)
    judged_at = {
        one.pk: one.pk if one.pk in ruled or one.parent_id is None else one.parent_id
        for one in accounts
    }
    asked: dict[int, set[str]] = {}
    for pk, at in judged_at.items():
        asked.setdefault(at, set()).update(wanted.get(pk, ()), shown.get(pk, ()))
    kept_out = {at: _outside(actor, at, numbers) for at, numbers in asked.items() if numbers}
    taken = _all_taken(actor, {number for some in wanted.values() for number in some})
    found = {}
    for pk, at in judged_at.items():
        out = kept_out.get(at, {})
        only_shown = {one: out[one] for one in shown.get(pk, ()) if one in out}
        found[pk] = only_shown | _against(wanted.get(pk, ()), out, taken)
    return found


def _against(
    wanted: Iterable[str], kept_out: Mapping[str, Obstacle], taken: Mapping[str, Obstacle]
) -> dict[str, Obstacle]:
    """What stands against each: of a number that could not be assigned anyway nothing is told of
    who has it.
    """
    against = {}
    for one in wanted:
        found = taken.get(one)
        if found is None or (found.taken is not None and one in kept_out):
            found = kept_out.get(one)
        if found is not None:
            against[one] = found
    return against


def _all_taken(actor: Actor, numbers: Collection[str]) -> dict[str, Obstacle]:
    ordered, taken = sorted(numbers), dict[str, Obstacle]()
    for at in range(0, len(ordered), _PORTION):
        taken |= _taken(actor, ordered[at : at + _PORTION])
    return taken


def _taken(actor: Actor, numbers: Iterable[str]) -> dict[str, Obstacle]:
    """Those that lead to a phone already. Where that phone is out of reach nothing is said of it
    here, not even that it is there (docs/domain.md 2).
    """
    held = PhoneNumber.objects.filter(number__in=list(numbers))
    against = {}
    for number in held.filter(in_scope(actor.scope, "phone__account")).select_related(
        "phone__account"
    ):
        words = (
            _("This number is not available: it is a DID of phone %(phone)s of %(account)s.")
            if number.is_did
            else _("This number is not available: it is a phone of %(account)s.")
        )
        names = {"phone": number.phone.number, "account": number.phone.account.account_id}
        url = number.phone.get_absolute_url()
        against[number.number] = Obstacle("not_available", words % names, url)
    foreign = sorted(set(held.values_list("number", flat=True)) - set(against))
    for taken in _with_holders(actor, foreign):
        against[taken.typed] = Obstacle("not_available", "", taken=taken)
    return against


def _with_holders(actor: Actor, numbers: Sequence[str]) -> Iterator[Taken]:
    """Numbers of others: those of an allocation that every level above gave are no secret."""
    levels = number_chain(actor.account_pk, Purpose.ALLOCATION).levels if numbers else ()
    own = [one.level for one in levels if not one.is_platform]
    for number in numbers:
        rules = [one.deciding(number) for one in own]
        is_given = bool(rules) and all(one is not None and one.is_allow for one in rules)
        yield Taken(number, Thing.NUMBER, Holder.GIVEN if is_given else Holder.FOREIGN)


def is_allocated(actor: Actor, number: str) -> bool:
    """Whether a level from the actor's business down to its own account names this number in its
    allocation; administrators need none. One query.
    """
    if actor.scope.everything:
        return True
    sections = number_chain(actor.account_pk, Purpose.ALLOCATION)
    rules = [one.level.deciding(number) for one in sections.levels if not one.is_platform]
    is_named = any(one is not None and one.is_allow for one in rules)
    return is_named and sections.chain.passes(number)


def outside(actor: Actor, account: Account, numbers: Iterable[str]) -> dict[str, Obstacle]:
    """Those that the number sections keep from `account` (docs/domain.md 5), each with the level
    that does, as far as the actor may know it. Two queries.
    """
    return _outside(actor, account.pk, numbers)


def _outside(actor: Actor, account_pk: int, numbers: Iterable[str]) -> dict[str, Obstacle]:
    sections = number_chain(account_pk, Purpose.ALLOCATION)
    stopped = {one: at for one in set(numbers) if (at := sections.chain.stopping(one)) is not None}
    if not stopped:
        return {}
    visible = {link.pk for link in actor.visible_part(chains([account_pk])[account_pk])}
    return {
        number: Obstacle("outside_allocation", _outside_words(actor, sections.levels[at], visible))
        for number, at in stopped.items()
    }


def _outside_words(actor: Actor, level: NumberLevel, visible: Container[int | None]) -> str:
    if level.pk in visible:
        words = _("This number lies outside what may be assigned at %(account)s and below it.")
        return words % {"account": level.account_id}
    if level.is_platform and actor.scope.everything:
        return _("This number lies outside what the platform lets assign.")
    words = _("This number lies outside what %(above)s lets assign.")
    return words % {"above": actor.someone_above}


def check_free(actor: Actor, account: Account, asked: Mapping[str, Sequence[str]]) -> None:
    """Raise Refused if one of the numbers, by field, cannot be given to the account. Ask it last:
    who is refused for anything else learns nothing of others.
    """
    found = obstacles(actor, account, (number for some in asked.values() for number in some))
    for field, some in asked.items():
        for number in some:
            if number in found and found[number].taken is None:
                raise refusal(number, found[number], field)
    refuse_taken([one.taken for one in found.values() if one.taken], asked, is_last=True)


def check_inside(actor: Actor, account: Account, numbers: Iterable[str], field: str) -> None:
    """Raise Refused if the number sections keep one of the numbers from the account, whoever has
    it: for numbers that are only shown.
    """
    for number, obstacle in outside(actor, account, numbers).items():
        raise refusal(number, obstacle, field)


def refusal(number: str, obstacle: Obstacle, field: str) -> Refused:
    return Refused(f"{number}: {obstacle.words}", code=obstacle.code, field=field)
