"""What stands behind the person, and what may leave the program."""
