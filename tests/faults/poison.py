"""What a page can do to the sandbox that reads it."""

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path


def work(number: int) -> int:
    """Do what is asked."""
    return number


def loop_in_c(_number: int) -> object:
    """Never return from C code that holds Python's lock: no other thread can run."""
    return re.match(r"(a+)+$", "a" * 60 + "b")


def eat_memory(_number: int) -> int:
    """Take memory, piece by piece, and use it."""
    eaten = []
    while True:
        eaten.append(b"x" * (20 << 20))
        time.sleep(0.04)


def eat_memory_at_once(_number: int) -> int:
    """Take more memory than anyone has."""
    return len(bytearray(1 << 40))


def have_a_program_eat_memory(_number: int) -> int:
    """Take memory in a started program, as a page does that is too large for Tesseract."""
    eat = "from tests.faults.poison import eat_memory; eat_memory(0)"
    return subprocess.run(["python3", "-c", eat], check=False).returncode


def crash(_number: int) -> int:
    """Crash as C code does."""
    os.kill(os.getpid(), signal.SIGSEGV)
    return 0


def chatter(number: int) -> int:
    """Print to standard output, as libraries do."""
    os.write(1, b"Warning: nobody asked me\n" * 1000)
    print("indeed")
    return number


def leave_things_behind(note: Path) -> int:
    """Make temporary files, start a program, and never return; list in ``note`` what would be left."""
    folder = tempfile.mkdtemp()
    program = subprocess.Popen(["sleep", "1000"])
    note.with_suffix(".part").write_text(f"{os.getpid()} {os.getppid()} {program.pid} {folder}", "utf-8")
    note.with_suffix(".part").rename(note)
    time.sleep(1000)
    return 0
