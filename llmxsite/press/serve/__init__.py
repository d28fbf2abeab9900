"""The preview server, and the builds that follow a study while it is written."""
