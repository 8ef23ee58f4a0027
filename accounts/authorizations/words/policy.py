"""The policy for new agents in words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.core.models import SubAgentPolicy

# What holds for whoever adds the first sub-account below an ordinary account.
POLICY_WORDS: dict[SubAgentPolicy, Any] = {
    SubAgentPolicy.ALLOWED: _("New agents may be made here without asking."),
    SubAgentPolicy.APPROVAL: _("An administrator has to approve whoever becomes an agent here."),
    SubAgentPolicy.FORBIDDEN: _("No account here may become an agent."),
}
