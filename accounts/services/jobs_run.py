"""The name of the task as jobs that waited before the release hold it; new ones hold the other."""

from accounts.jobs.services.run import run_job

__all__ = ["run_job"]
