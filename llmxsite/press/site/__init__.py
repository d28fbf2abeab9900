"""The site: pages, templates, paths and assets."""
