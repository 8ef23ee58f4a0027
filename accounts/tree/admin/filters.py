"""How the admin's account list is narrowed: branch, agent with Direct and All, category."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account
from accounts.core.querysets import chains

# Parameters that narrow nothing: with these alone the list is the hierarchy.
_NEUTRAL = {"branch", "o", "p", "e", "_facets", "_changelist_filters"}


class BranchFilter(admin.SimpleListFilter):
    """The hierarchy, one branch at a time: the top level, or the way to an agent and what is
    directly below it. A search or another filter looks through the whole branch.
    """

    title = _("branch")
    parameter_name = "branch"
    template = "admin/accounts/filter_branch.html"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.is_outline = not set(request.GET) - _NEUTRAL
        accounts = model_admin.get_queryset(request)
        self.branch = accounts.called(self.value()).first() if self.value() else None
        self.way = chains([self.branch.pk])[self.branch.pk] if self.branch else ()

    def has_output(self) -> bool:
        return True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
        return []

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Account]:
        """The rows of the branch; `is_open` marks the agents on the way to it."""
        if self.value() and self.branch is None:
            return queryset.none()
        if self.branch is None:
            return queryset.filter(parent=None) if self.is_outline else queryset
        if not self.is_outline:
            return queryset.below(self.branch.pk)
        on_the_way = Q(pk__in=[link.pk for link in self.way])
        is_open = Case(
            When(on_the_way, then=Value(True)), default=Value(False), output_field=BooleanField()
        )
        return queryset.annotate(is_open=is_open).filter(on_the_way | Q(parent=self.branch))

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The way up: the top level, then every agent down to the branch."""
        yield {
            "selected": not self.value(),
            "query_string": changelist.get_query_string(remove=["branch", "p"]),
            "display": _("Top level"),
        }
        for link in self.way:
            yield {
                "selected": link is self.way[-1],
                "query_string": changelist.get_query_string({"branch": link.account_id}, ["p"]),
                "display": link.account_id,
            }


class AgentFilter(admin.ListFilter):
    """Sub-accounts of an agent, typed as an account id: the first level, or all of them."""

    title = _("agent")
    template = "admin/accounts/filter_agent.html"
    parameter_names = ("agent", "show")

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.parameter_names:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]
        self.typed = str(self.used_parameters.get("agent", "")).strip()
        accounts = model_admin.get_queryset(request)
        self.agent = accounts.called(self.typed).first() if self.typed else None

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.parameter_names)

    @property
    def shows_all(self) -> bool:
        return self.used_parameters.get("show") == "all"

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Account]:
        if not self.typed:
            return queryset
        if self.agent is None:
            return queryset.none()
        if self.shows_all:
            return queryset.below(self.agent.pk)
        return queryset.directly_below(self.agent.pk)

    def choices(self, changelist: Any) -> Iterator[Any]:
        """One entry: what the form of the filter shows and keeps."""
        own = {*self.expected_parameters(), "branch", "p"}
        yield {
            "kept": [(key, value) for key, value in changelist.params.items() if key not in own],
            "clear": changelist.get_query_string(remove=["agent", "show", "p"]),
            "typed": self.typed,
            "is_unknown": bool(self.typed) and self.agent is None,
            "shows_all": self.shows_all,
        }


class CategoryFilter(admin.SimpleListFilter):
    """Agents have sub-accounts; everything else is an ordinary account."""

    title = _("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("agent", _("Agent")), ("account", _("Account"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Account]:
        if self.value() == "agent":
            return queryset.agents()
        return queryset.ordinary() if self.value() == "account" else queryset
