"""What holds for all tests."""

from hypothesis import settings

# A deadline would make a test's outcome depend on how busy the machine is.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
