"""Small faults on purpose, and whether the tests find them (docs/testing.md)."""

# For the plugin: which of the table are tried, and the file it writes to.
TRIED, WRITTEN = "MUTANTS_TRIED", "MUTANTS_WRITTEN"
