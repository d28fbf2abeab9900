"""Everything that can be known to be wrong with a study, found without building it."""
