"""Runs all checks and prints what fails."""

import time

import numpy as np

from . import abi, case, company, grid


def second_opinion():
    """PyTorch's, or None and why."""
    try:
        from . import torch_twins
    except ImportError as reason:
        return None, str(reason)
    return torch_twins.wanted, ""


def attempt(check):
    """Problems, and whether the device can go on."""
    try:
        return list(check()), True
    except abi.LevinError as error:
        return [str(error)], error.status != "DEVICE_LOST"


def all_checks(device, seed, with_larger, matching, opinion):
    for number, one in grid.cases(seed, with_larger, matching):
        layouts = np.random.default_rng([seed, number, 1])
        yield one.label, lambda one=one, layouts=layouts: case.check(device, one, layouts, opinion)
    for label, check in company.checks(seed):
        if matching in label:
            yield label, lambda check=check: check(device)


def run(device, seed, with_larger, matching, place):
    """Returns how many checks ran and how many failed."""
    opinion, reason = second_opinion()
    print(f"checks: float64 reference{' and PyTorch' if opinion else f'; without PyTorch: {reason}'}, seed {seed}")
    count, failed, started = 0, 0, time.monotonic()
    for label, check in all_checks(device, seed, with_larger, matching, opinion):
        problems, alive = attempt(check)
        count += 1
        if problems:
            failed += 1
            print(f"FAILED {label}  {place}   seed {seed}")
            print("".join(f"  {problem}\n" for problem in problems), end="", flush=True)
        if not alive:
            raise SystemExit("the device is lost: nothing further can run in this process")
    print(f"checks: {count} ran, {failed} failed, {time.monotonic() - started:.0f} s", flush=True)
    return count, failed
