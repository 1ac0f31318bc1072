"""livebg setup: from a fresh installation to a camera that calls see, step by step, and back (undo.py).

What the system is and what mends it comes from the doctor; each change is kept in a record (record.py).
"""
