"""Selected accounts of a list, as its bulk bar sends them: by their ids, or all that match."""

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from accounts.core.models import Account
from accounts.portal.lists.state import ListState
from accounts.portal.views.answers import check_answered
from accounts.tree.views.list import AccountsView


class SelectionView(AccountsView):
    """What is done with a selection. It says for itself which authorization that takes, and asks
    for it on what lies below the agent whose list it is.
    """

    abstract = True

    def list_selected_from(self, request: HttpRequest) -> ListState:
        """The list as it was filtered when the accounts were selected."""
        return self.state_of(QueryDict(request.POST["query"][:4000]))

    def find_subject(self, request: HttpRequest) -> None:
        """Whose list it is: the agent named, else one's own; administrators may work on all.

        Raises Refused where the list or its filters did not arrive: more would be meant than was
        seen.
        """
        named = request.POST.get("agent_list", "")[:32]
        if not named and self.actor.own:
            named = self.actor.own.account_id
        if named:
            self.subject = self.get_account(named)
        else:
            self.require(None)
        check_answered(request, "agent_list", "query")

    def require(self, account: Account | None, *, is_agent_id: bool = False) -> None:
        """The list is of what lies below the account, which may be the own one."""
        super().require(account, is_agent_id=True)

    def list_url(self, state: ListState) -> str:
        url = (
            reverse("accounts:sub-accounts", args=[self.subject.account_id])
            if self.subject
            else reverse("accounts:list")
        )
        return f"{url}?{state.parameters.urlencode()}" if state.parameters else url

    def chosen(self, request: HttpRequest, state: ListState, most: int) -> list[Account]:
        """The selected accounts that exist in the list; unknown and foreign ids are the same."""
        if request.POST.get("all") == "1":
            return list(state.matching.order_by("account_id")[:most])
        ids = request.POST.getlist("account")[:most]
        return list(self.base(is_all=True).called_any(ids).order_by("account_id"))
