"""What everything stands on: problems and their places, reading files, documents, and what is remembered between builds."""
