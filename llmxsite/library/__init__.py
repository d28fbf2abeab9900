"""llmxsite for notebooks and other programs: a study is opened once, and asked for tables, charts and single numbers."""
