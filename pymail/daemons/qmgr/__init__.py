"""qmgr - the queue manager.

SUMMARY
    qmgr [options of a service]

DESCRIPTION
    Waits for mail in the incoming queue and sees to its delivery: moves it to the active queue, asks trivial-rewrite
    where each recipient goes, hands the recipients of each destination to the delivery agent of their transport, and
    decides what is next for the message: removed, deferred for a later attempt, or returned to its sender. One process.

    Queues: incoming (new mail), active (being delivered, bounded), deferred (to be tried again: the time stamp of the
    file says when), corrupt (unreadable files, kept for inspection). Files in hold are left alone.

    Triggers: `W` and `I` scan incoming, `D` scans deferred, `A` ignores time stamps, `F` forgets dead destinations and
    transports and ignores defer_transports.

STANDARDS
    RFC 3463 (enhanced status codes).

SECURITY
    Not security sensitive: it reads single-character commands from local clients and queue files that cleanup made.
    Runs without privileges, may run in a chroot.

DIAGNOSTICS
    Logs when a message enters the active queue, expires, is removed. A missing queue file is tolerated; any other fault
    of the queue's file system ends the process: the messages in the active queue are taken up again at the next start.

BUGS
    Jobs of one transport are served in the order of their arrival, without preemption of large ones by small ones.
"""
