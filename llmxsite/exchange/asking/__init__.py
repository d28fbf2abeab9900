"""From an item to what a model is asked: the words around it, its messages and options, the plan of a sample."""
