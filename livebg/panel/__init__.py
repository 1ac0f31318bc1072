"""The panel: a local page that shows and steers a running livebg, in a process of its own. Entry: server.run()."""
