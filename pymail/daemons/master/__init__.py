"""master - the process that supervises all others.

SUMMARY
    master [-Ddistvw] [-c config_dir] [-e exit_time]

DESCRIPTION
    The master reads master.cf, makes the sockets of all services, and starts a process of a service when a client
    connects and no process of it is free. It wakes up services that ask for it, replaces processes that end, and holds
    back services whose processes fail at once (service_throttle_time). It keeps no mail, and reads no octet that a
    client sends.

    Daemons of pymail are forked from the master itself, which has loaded their code before; their parameters are read
    after the fork. Other programs (an absolute path in master.cf, or a name in daemon_directory that is none of ours)
    are executed, with the descriptors and environment that Postfix's master gives.

    -c DIR    Read main.cf and master.cf in DIR.
    -d        Do not detach; keep the standard streams.
    -D        Accepted, ignored.
    -e SECS   End after so many seconds.
    -i        Process number 1 of a container: like -s, and reap what others leave.
    -s        Do not detach; keep the standard output, for maillog_file = /dev/stdout.
    -t        Test: exit status 0 when no master is running, 1 when there is one.
    -v        Verbose.
    -w        Detach, and wait until the master has started.

SIGNALS
    HUP       Read main.cf and master.cf again; processes end when they are idle and are replaced.
    TERM      End, with all processes.

FILES
    main.cf, master.cf; pid/master.pid below queue_directory and master.lock in data_directory, locked as long as the
    master lives.

STANDARDS
    None. The protocol with foreign programs is Postfix's.

SECURITY
    Runs as root when root started it, to bind ports below 1024 and to start processes as other users. It talks to
    nobody: 12 octets at a time come from its own children.

DIAGNOSTICS
    Problems go to the log. A process that ends with an error, and a service that is held back, are warnings.

BUGS
    An upgrade of the package takes effect after stop and start.
"""
