"""The measurement of stages counts each second once."""

from tests.bench import stages


def test_a_function_is_measured_without_the_measured_ones_that_it_calls(monkeypatch):
    """Each call of the clock is a second later; what a generator yields belongs to it."""
    seconds = iter(range(100))
    monkeypatch.setattr(stages, "_cpu", lambda: float(next(seconds)))
    meter = stages.Meter()
    inner = meter.wrap(lambda: iter([1, 2]), lambda: "inner")
    outer = meter.wrap(lambda: inner() + inner(), lambda: "outer")
    assert outer() == [1, 2, 1, 2]
    assert meter.spent == {"inner": 2.0, "outer": 3.0}
