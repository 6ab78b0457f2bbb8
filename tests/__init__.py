"""The tests, by the rooms of the house."""

import os

# Before anything loads them: these libraries start a thread a processor, which wait for one another by turning round
# and round. Two processes of tests are as many as there are processors.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
    os.environ.setdefault(_name, "1")
