"""What people see of livebg besides its outputs, in processes of their own: a page, a tray icon."""
