"""Small faults on purpose, and whether the tests find them (docs/testing.md)."""

# For the plugin: which of the table are tried, the file it writes to, and whether the tests are
# trusted to pass as it is.
TRIED, WRITTEN, TRUSTED = "MUTANTS_TRIED", "MUTANTS_WRITTEN", "MUTANTS_TRUSTED"
