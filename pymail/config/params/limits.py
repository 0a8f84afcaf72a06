"""Shared parameters: sizes that a message and its parts may have, and how strictly MIME is taken. Light."""

from __future__ import annotations

from pymail.config.declare import ParamSet, boolean, integer, size, string


class LimitsParams(ParamSet):
    """Sizes that a message and its parts may have, and how strictly MIME is taken."""

    message_size_limit = size(10240000, doc="The most octets of a message, with its envelope.")
    line_length_limit = integer(
        2048, doc="The most octets of a line in memory; longer lines are taken in pieces.", minimum=512
    )
    header_size_limit = integer(102400, doc="The most octets of one header field.", minimum=1)
    header_address_token_limit = integer(
        10240, doc="The most tokens of an address field that are rewritten.", minimum=1
    )
    duplicate_filter_limit = integer(1000, doc="The most addresses that are remembered to drop duplicates.")
    message_drop_headers = string(
        "bcc, content-length, resent-bcc, return-path", doc="Header fields that are removed at reception.", since="3.0"
    )
    mime_boundary_length_limit = integer(
        2048, doc="The octets of a MIME boundary that are compared.", since="2.0", minimum=1
    )
    mime_nesting_limit = integer(100, doc="The most levels of MIME parts.", since="2.0", minimum=1)
    disable_mime_input_processing = boolean(
        False, doc="Take mail as it is, without a look at its MIME structure.", since="2.0"
    )
    disable_mime_output_conversion = boolean(
        False, doc="Send 8-bit mail as it is to servers without 8BITMIME.", since="2.0"
    )
    strict_7bit_headers = boolean(False, doc="Refuse mail with 8-bit text in a header.", since="2.0")
    strict_8bitmime = boolean(False, doc="Both of strict_7bit_headers and strict_8bitmime_body.", since="2.0")
    strict_8bitmime_body = boolean(
        False, doc="Refuse mail with 8-bit text in a body that does not declare it.", since="2.0"
    )
    strict_mime_encoding_domain = boolean(
        False, doc="Refuse mail with an illegal encoding of a multipart or message part.", since="2.0"
    )
    socketmap_max_query_size = integer(10000, doc="The most octets of a socketmap request.", minimum=1)
    socketmap_max_reply_size = integer(100000, doc="The most octets of a socketmap reply.", minimum=1)
