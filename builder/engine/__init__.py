"""How an execution moves: one pure function over values. Knows no clock, database, network or concrete task."""
