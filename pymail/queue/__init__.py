"""The queue: names, directories, files, commits and companion logs."""
