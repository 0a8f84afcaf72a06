"""What trivial-rewrite reads from main.cf."""

from __future__ import annotations

from pymail.daemons.trivial_rewrite.params import TrivialRewriteParams
from tests.support.configuration import configuration
from tests.support.golden_parameters import check_theme


def test_parameters_are_those_of_the_reference() -> None:
    check_theme(TrivialRewriteParams)


def test_probes_go_where_mail_goes_unless_told_otherwise() -> None:
    params = TrivialRewriteParams(configuration({"relayhost": "[gate.test]", "transport_maps": "static:smtp:"}))
    assert params.address_verify_relayhost == "[gate.test]"
    assert params.address_verify_transport_maps == "static:smtp:"
