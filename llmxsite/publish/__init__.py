"""What leaves the site: posts, pictures, slides, cards."""
