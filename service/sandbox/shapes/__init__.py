"""JSON as Recruitee writes it, one module per noun, with the key sets of recorded answers."""
