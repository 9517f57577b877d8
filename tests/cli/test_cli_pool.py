"""Many tasks in many processes: what dies, what goes on, and what must not outlive its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from underdrawing.cli.pool import run_all


def test_a_process_that_dies_takes_only_its_own_task_with_it():
    tasks = ["1+1", "__import__('os')._exit(9)", "1/0", *(f"{n}+0" for n in range(6))]
    outcomes = {outcome.task: outcome for outcome in run_all(tasks, eval, jobs=2)}
    assert set(outcomes) == set(tasks)
    assert outcomes["1+1"].result == 2
    assert [outcomes[f"{n}+0"].result for n in range(6)] == list(range(6))
    assert "died" in outcomes[tasks[1]].failure.line
    assert "ZeroDivisionError" in outcomes["1/0"].failure.line


def test_workers_go_when_their_parent_is_killed():
    program = (
        "from underdrawing.cli.pool import run_all\n"
        "if __name__ == '__main__':\n"
        "    tasks = ['__import__(\"os\").getpid()'] * 2 + ['__import__(\"time\").sleep(1)'] * 60\n"
        "    for one in run_all(tasks, eval, jobs=2):\n"
        "        print(one.result, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        workers = {int(parent.stdout.readline()) for _ in range(2)}
        parent.kill()
    deadline = time.monotonic() + 10
    while any(_alive(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(_alive(worker) for worker in workers)


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals cannot be held here")
def test_workers_leave_interrupts_to_their_parent_from_their_first_moment_on():
    held = "__import__('signal').pthread_sigmask(__import__('signal').SIG_BLOCK, [])"
    outcomes = list(run_all([held] * 2, eval, jobs=2))
    assert all(signal.SIGINT in outcome.result for outcome in outcomes)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def _alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return (
        "Z" not in Path(f"/proc/{process}/stat").read_text().split(")")[1].split()[0]
        if Path("/proc").is_dir()
        else True
    )
