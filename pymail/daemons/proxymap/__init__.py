"""proxymap - lookup table proxy server.

SUMMARY
    Looks keys up in tables for other daemons: as service *proxymap* for reading, as service *proxywrite* (one process)
    for caches that several programs write.

DESCRIPTION
    Other daemons ask here because the table must be opened outside of their chroot, because one connection to a
    database shall serve many processes, or because the lookup may wait and they serve many clients on one event loop:
    `unix:` tables always come here. Requests: open, lookup, update, delete, sequence.

    Lookups that may wait are done by threads: up to the process limit of the service in all, and a part of these per
    table. Lookups beyond that wait for a short time in line; then the answer is *retry*.

STANDARDS
    None. The daemon does not interact with the outside world.

SECURITY
    Serves only tables that the expansion of proxy_read_maps (proxy_write_maps) names as `proxy:type:name` or
    `unix:name`. Should not run chrooted.

DIAGNOSTICS
    Requests for other tables are refused and logged.

BUGS
    A thread that hangs in a lookup stays lost until the process ends.
"""
