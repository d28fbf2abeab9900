"""The site: its pages, templates and assets, and the build that makes them."""
