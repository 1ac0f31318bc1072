"""Pictures with colour profile, EXIF and 16 bits: read, convert, write."""
