"""Write-ups: Markdown, the syntax of directives, citations, maths and front matter, from text to clean HTML. Knows no study's numbers."""
