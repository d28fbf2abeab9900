"""A task for tests: which option's vector is nearest to the question's, and what a model makes of that option; or, with no vectors,
the option that shares most words, with nobody asked."""
