"""Event lines of the log: one module per daemon, one pure function per event, in Postfix's words.

A function takes values and returns the text after the tag; the daemon gives it to `Log.info` (or `warning`). Operators'
programs read these lines: each has a golden test.
"""
