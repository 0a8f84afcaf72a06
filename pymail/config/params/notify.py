"""Shared parameters: non-delivery reports, notices to the postmaster, and probes. Light."""

from __future__ import annotations

from pymail.config.declare import ParamSet, boolean, seconds, string


class NotifyParams(ParamSet):
    """Non-delivery reports, notices to the postmaster, and probes."""

    double_bounce_sender = string("double-bounce", doc="The sender of notices; mail to it is discarded.", minimum=1)
    notify_classes = string("resource, software", doc="Problems of which the postmaster is told.", since="2.9")
    bounce_notice_recipient = string("postmaster", doc="Who gets copies of returned mail.", minimum=1)
    double_bounce_notice_recipient = string(
        "postmaster", doc="Who gets mail that cannot be returned.", minimum=1, name="2bounce_notice_recipient"
    )
    delay_notice_recipient = string("postmaster", doc="Who gets copies of delay warnings.", minimum=1)
    error_notice_recipient = string("postmaster", doc="Who is told of resource and software problems.", minimum=1)
    internal_mail_filter_classes = string("", doc="Mail of our own that is filtered as other mail is.", since="2.3")
    header_from_format = string(
        "standard", doc="Form of a From: that we make: standard or obsolete.", since="3.3", minimum=1
    )
    backwards_bounce_logfile_compatibility = boolean(True, doc="Write bounce logs in the old form, too.", since="2.1")
    default_delivery_status_filter = string("", doc="Table that changes delivery status codes and texts.", since="3.0")
    address_verify_sender = string("$double_bounce_sender", doc="The sender of address probes.", since="2.1")
    address_verify_sender_ttl = seconds(
        "0s", doc="The time between changes of the address_verify_sender; 0: it does not change.", since="2.9"
    )
