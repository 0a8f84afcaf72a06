"""The log: lines, sinks, and the event words of each daemon."""
