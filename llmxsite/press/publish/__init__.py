"""A study in other places' forms: pictures as files, a post for GitHub Discussions. Everything comes from what the site shows."""
