from __future__ import annotations

from pymail.server.stress import STRESS_TIME, Stress


class Clock:
    now = 50.0

    def __call__(self) -> float:
        return self.now


def test_stress_lasts_a_while_after_the_share_was_used_up() -> None:
    clock = Clock()
    stress = Stress(capable=True, clock=clock)
    assert not stress.active
    stress.begin()
    clock.now += STRESS_TIME - 1
    assert stress.active
    clock.now += 2
    assert not stress.active


def test_a_service_inside_knows_no_stress() -> None:
    stress = Stress(capable=False)
    stress.begin()
    assert not stress.active


def test_a_foreign_master_can_order_stress() -> None:
    assert Stress(capable=True, forced=True).active
