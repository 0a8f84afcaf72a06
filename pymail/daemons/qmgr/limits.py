"""The settings of one transport: what main.cf says for it (`smtp_destination_rate_delay`), else the defaults of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pymail.config.main_cf import MainCf
from pymail.daemons.qmgr.feedback import Feedback, Rules, parse_feedback
from pymail.util.units import parse_integer, parse_time

Warn = Callable[..., None]


@dataclass(frozen=True, slots=True)
class TransportLimits:
    """What holds for each destination of a transport. Durations in seconds."""

    rules: Rules = Rules()
    #: The most recipients in one delivery; 0: no limit.
    recipient_limit: int = 50
    destination_rate_delay: int = 0
    transport_rate_delay: int = 0
    #: Read more recipients of a message when so many fit into memory, or when so much time passed.
    refill_limit: int = 100
    refill_delay: int = 5


def load_limits(conf: MainCf, transport: str, warn: Warn) -> TransportLimits:
    """Return the settings of *transport*. The defaults of the parameters are known to *conf* (QmgrParams was made).

    Raises ConfigError for a malformed value.
    """
    limit = _number(conf, transport, "_destination_concurrency_limit")
    initial = _number(conf, transport, "_initial_destination_concurrency", "initial_destination_concurrency")
    rate_delay = _time(conf, transport, "_destination_rate_delay")
    if rate_delay:
        limit = 1
    if limit:
        initial = min(initial, limit)
    rules = Rules(
        initial=max(initial, 1),
        limit=limit,
        positive=_feedback(conf, transport, "_destination_concurrency_positive_feedback", warn),
        negative=_feedback(conf, transport, "_destination_concurrency_negative_feedback", warn),
        cohort_limit=_number(conf, transport, "_destination_concurrency_failed_cohort_limit"),
    )
    return TransportLimits(
        rules=rules,
        recipient_limit=_number(conf, transport, "_destination_recipient_limit"),
        destination_rate_delay=rate_delay,
        transport_rate_delay=_time(conf, transport, "_transport_rate_delay"),
        refill_limit=max(_number(conf, transport, "_recipient_refill_limit"), 1),
        refill_delay=_time(conf, transport, "_recipient_refill_delay"),
    )


def _number(conf: MainCf, transport: str, suffix: str, default_name: str = "") -> int:
    text = conf.service_value(transport, suffix, default_name or "default" + suffix)
    try:
        value = parse_integer(text)
    except ValueError as error:
        name = transport + suffix
        raise conf.error(name, f"bad numerical configuration: {name} = {text}") from error
    if value < 0:
        raise conf.error(transport + suffix, f"invalid {transport}{suffix} parameter value {value} < 0")
    return value


def _time(conf: MainCf, transport: str, suffix: str) -> int:
    text = conf.service_value(transport, suffix, "default" + suffix)
    try:
        return parse_time(text)
    except ValueError as error:
        name = transport + suffix
        raise conf.error(name, f"parameter {name}: bad time value or unit: {text}") from error


def _feedback(conf: MainCf, transport: str, suffix: str, warn: Warn) -> Feedback:
    text = conf.service_value(transport, suffix, "default" + suffix)
    try:
        return parse_feedback(text)
    except ValueError:
        warn("%s%s: ignoring malformed or unreasonable feedback: %s", transport, suffix, text)
        return Feedback()
