"""The work of the benchmarks in PyTorch. Reads lines {"work": NAME, …arguments} and answers each with a line of JSON.

Usage: main.py THREADS
"""

import json
import signal
import sys

# Ctrl-C ends it as it ends the rest: without a word.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import torch

import evaluation
import mini_batch
import training

WORK = {
    "mini-batch": mini_batch.measure,
    "evaluation": evaluation.measure,
    "training": training.measure,
}

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(1)
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(WORK[request.pop("work")](**request)), flush=True)
