"""`livebg tray`: an icon on the desktop that shows and steers the running livebg."""
