"""DNS answers as values, and host names."""
