import os
import signal

import pytest

from nba_assets.orchestration.signals import noticing_interrupts


def test_an_interrupt_that_was_swallowed_is_raised_at_the_end() -> None:
    reached = False
    with pytest.raises(KeyboardInterrupt), noticing_interrupts():
        before = signal.signal(signal.SIGINT, lambda *_: None)
        os.kill(os.getpid(), signal.SIGINT)
        signal.signal(signal.SIGINT, before)
        reached = True
    assert reached


def test_without_an_interrupt_nothing_is_raised() -> None:
    with noticing_interrupts():
        os.kill(os.getpid(), signal.SIGCHLD)
