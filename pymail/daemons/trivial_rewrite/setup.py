"""Build the resolvers of trivial-rewrite from its parameters: everything that opens tables."""

from __future__ import annotations

from dataclasses import dataclass

from pymail.daemons.trivial_rewrite.params import TrivialRewriteParams
from pymail.daemons.trivial_rewrite.resolve import DomainClasses, Resolver, ResolveRules, Routing
from pymail.daemons.trivial_rewrite.unwrap import UnwrapRules
from pymail.mail.rewrite import RewriteRules
from pymail.tables.base import Table, TableOptions
from pymail.tables.context import TableContext
from pymail.tables.maps import Maps
from pymail.tables.match import DomainList, DomainMatch, parent_style
from pymail.util.network import Address, parse_address

#: A pattern may not put pieces of an address into a route.
_ROUTES = TableOptions(substitution=False)


@dataclass(frozen=True, slots=True)
class Engine:
    """What answers the requests."""

    local: RewriteRules
    remote: RewriteRules
    resolver: Resolver
    verifier: Resolver
    _watched: tuple[Maps | DomainList, ...]

    def changed_table(self) -> Table | None:
        """Return a table that must be opened again by a new process, or None."""
        return next((table for table in (one.changed() for one in self._watched) if table is not None), None)


def build_engine(params: TrivialRewriteParams, context: TableContext, own_addresses: frozenset[str]) -> Engine:
    """Open all tables. Raises TableSyntaxError."""
    local = RewriteRules(
        params.myorigin,
        params.mydomain,
        params.append_at_myorigin,
        params.append_dot_mydomain,
        params.swap_bangpath,
        params.allow_percent_hack,
    )
    remote_domain = params.remote_header_rewrite_domain
    remote = RewriteRules(
        remote_domain,
        remote_domain,
        params.append_at_myorigin,
        params.append_dot_mydomain,
        params.swap_bangpath,
        params.allow_percent_hack,
    )
    classes = _classes(params, context, own_addresses)
    rules = _rules(params, local)
    relocated = Maps("relocated_maps", params.relocated_maps, context)
    resolving, verifying = _routing(params, context), _verify_routing(params, context)
    watched: list[Maps | DomainList] = [relocated]
    watched += (classes.mydestination, classes.virtual_alias_domains)
    watched += (classes.virtual_mailbox_domains, classes.relay_domains)
    for routing in (resolving, verifying):
        watched += (routing.sender_relayhost_maps, routing.sender_transport_maps, routing.transport_maps)
    return Engine(
        local,
        remote,
        Resolver(classes, resolving, relocated, rules, context.log),
        Resolver(classes, verifying, relocated, rules, context.log),
        tuple(watched),
    )


def _classes(params: TrivialRewriteParams, context: TableContext, own_addresses: frozenset[str]) -> DomainClasses:
    def exact(name: str, text: str) -> DomainList:
        return DomainList(name, text, context, DomainMatch.EXACT)

    relay_style = parent_style("relay_domains", params.parent_domain_matches_subdomains)
    parsed = frozenset(address for address in map(parse_address, own_addresses) if isinstance(address, Address))
    return DomainClasses(
        exact("mydestination", params.mydestination),
        exact("virtual_alias_domains", params.virtual_alias_domains),
        exact("virtual_mailbox_domains", params.virtual_mailbox_domains),
        DomainList("relay_domains", params.relay_domains, context, relay_style),
        parsed,
        params.myorigin,
    )


def _rules(params: TrivialRewriteParams, local: RewriteRules) -> ResolveRules:
    table = " in virtual alias table" if params.show_user_unknown_table_name else ""
    return ResolveRules(
        UnwrapRules(
            local,
            params.myhostname,
            params.empty_address_recipient,
            params.resolve_dequoted_address,
            params.resolve_null_domain,
            params.resolve_numeric_domain,
        ),
        delimiters=params.recipient_delimiter,
        null_sender_relayhost_key=params.empty_address_relayhost_maps_lookup_key,
        null_sender_transport_key=params.empty_address_default_transport_maps_lookup_key,
        unknown_user=f"5.1.1 User unknown{table}",
        moved_prefix="5.1.6 User has moved to " if params.relocated_prefix_enable else "",
        transport_style=parent_style("transport_maps", params.parent_domain_matches_subdomains),
        config_file=f"{params.config_directory}/main.cf",
    )


def _routing(params: TrivialRewriteParams, context: TableContext) -> Routing:
    def maps(name: str, text: str) -> Maps:
        return Maps(name, text, context, _ROUTES)

    return Routing(
        params.local_transport,
        params.virtual_transport,
        params.relay_transport,
        params.default_transport,
        params.relayhost,
        maps("sender_dependent_relayhost_maps", params.sender_dependent_relayhost_maps),
        maps("sender_dependent_default_transport_maps", params.sender_dependent_default_transport_maps),
        maps("transport_maps", params.transport_maps),
    )


def _verify_routing(params: TrivialRewriteParams, context: TableContext) -> Routing:
    def maps(name: str, text: str) -> Maps:
        return Maps(f"address_verify_{name}", text, context, _ROUTES)

    return Routing(
        params.address_verify_local_transport,
        params.address_verify_virtual_transport,
        params.address_verify_relay_transport,
        params.address_verify_default_transport,
        params.address_verify_relayhost,
        maps("sender_dependent_relayhost_maps", params.address_verify_sender_dependent_relayhost_maps),
        maps("sender_dependent_default_transport_maps", params.address_verify_sender_dependent_default_transport_maps),
        maps("transport_maps", params.address_verify_transport_maps),
        "address_verify_",
    )
