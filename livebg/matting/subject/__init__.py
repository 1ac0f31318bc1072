"""Which connected components of the alpha are people, and which of them stay."""
