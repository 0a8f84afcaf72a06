"""Shared parameters: which users may submit and list mail with the commands. Light."""

from __future__ import annotations

from pymail.config.declare import ParamSet, string


class SubmissionParams(ParamSet):
    """Which users may submit and list mail with the commands."""

    authorized_submit_users = string("static:anyone", doc="Users who may submit mail.", since="2.2")
    authorized_flush_users = string("static:anyone", doc="Users who may flush the queue.", since="2.2")
    authorized_mailq_users = string("static:anyone", doc="Users who may list the queue.", since="2.2")
