"""From numbers and Markdown to pages: write-ups read, numbers asked for, figures drawn, the site built, checked and published."""
