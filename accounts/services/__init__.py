"""Former names that outlive a release, kept for one: nothing here but where they lead."""
