"""Video files: job → segments → workers → joined file."""
