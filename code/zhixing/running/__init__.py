"""How code is run, and what a run depended on: the programs around one run, from the engine's side to the cells'."""
