"""livebg service: livebg runs in the background from login on. files.py: what is written; manage.py: who starts it."""
