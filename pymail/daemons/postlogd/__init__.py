"""postlogd - the process that writes the log file.

SUMMARY
    postlogd [generic daemon options]

DESCRIPTION
    With maillog_file set, programs send their log lines to the socket public/postlog, and this process appends them to
    the file, or to the standard output (maillog_file = /dev/stdout, with `postfix start-fg`). The file is opened before
    root privileges are given up. One datagram is one line without its newline; pymail's own programs join several.

    When the file was renamed or removed, the next line opens it anew where the process still may; `postfix reload`
    starts a new process, which always may.

STANDARDS
    None.

SECURITY
    Runs as mail_owner. Octets that are not printable never reach the file.

DIAGNOSTICS
    Problems go to the log file itself.

BUGS
    Lines that arrive while the file system is full are lost.
"""
