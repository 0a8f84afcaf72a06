"""trivial-rewrite - address rewriting and resolving daemon.

SUMMARY
    Answers three requests on private/rewrite: *rewrite* (an address to its standard form), *resolve* (where an address
    goes: transport, next hop, recipient, address class) and *verify* (the same with the address_verify_ parameters).

DESCRIPTION
    The steps of *resolve*, in this order:

    1. A recipient at a domain of this system is freed from it, and `user%site`, `site!user` and `"user@site"` inside
    are
       taken as addresses, again and again. What has no domain in the end is local.
    2. The address class gives transport and next hop: local (mydestination, inet_interfaces, proxy_interfaces),
       virtual alias, virtual mailbox, relay, default.
    3. transport_maps, then relocated_maps, can say something else, but not for virtual alias domains: what is left
       of those after virtual_alias_maps is unknown.

STANDARDS
    None. The daemon does not interact with the outside world.

SECURITY
    Runs without privileges; knows addresses from outside, which never become file names or commands. Can run chrooted.

DIAGNOSTICS
    Problems are logged. A table that fails gives the flag FAIL, an address that is no address the flag ERROR.

BUGS
    A table whose file was replaced is opened again within 10 seconds; where that is impossible (chroot), the process
    ends and a new one takes over.
"""
