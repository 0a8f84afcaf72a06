"""The operating system: files, users, locks, signals, processes."""
