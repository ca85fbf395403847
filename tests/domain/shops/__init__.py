"""Rules of shops and their credentials."""
