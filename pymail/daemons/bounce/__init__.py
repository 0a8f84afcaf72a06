"""bounce - the keeper of delivery logs and sender of delivery reports (services bounce, defer and trace).

SUMMARY
    bounce [daemon options]

DESCRIPTION
    Delivery agents and the queue manager tell this daemon what happened to recipients; it keeps that in a log file per
    message, in the directory named after the service. At the end of an attempt the queue manager has the log made
    into a report: a non-delivery report, a warning of delay, or a report of successful or tested delivery. A report
    goes to the sender as new mail through cleanup; a report that cannot be returned goes to the postmaster if
    notify_classes says so, and mail from the double-bounce address is never reported.

STANDARDS
    RFC 3461 (SMTP service extension for delivery status notifications)
    RFC 3462, RFC 3464 (multipart/report, message/delivery-status)
    RFC 3834 (Auto-Submitted), RFC 6533 (internationalised reports)

SECURITY
    Talks to no user and no network; can run chrooted, without privileges.

DIAGNOSTICS
    A line for each report that was queued, with its queue ID.

BUGS
    bounce_template_file is not read.
"""
