"""The studio of the page: videos and photos are uploaded, livebg works on them one after another, and the results are
compared and downloaded. routes.py is its face."""
