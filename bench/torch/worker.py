"""Runs workloads on request: one JSON object a line on standard input, one on standard output.

{"prepare": module, "options": {...}} makes a workload ready; {"run": n} runs n more steps of it and
answers their times in milliseconds.
"""

import importlib
import json
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)


def main():
    step, index = None, 0
    for line in sys.stdin:
        request = json.loads(line)
        if "prepare" in request:
            step, index = importlib.import_module(request["prepare"]).prepare(**request["options"]), 0
            answer = {"torch": torch.__version__}
        else:
            times = []
            for _ in range(request["run"]):
                start = time.perf_counter()
                step(index)
                times.append((time.perf_counter() - start) * 1e3)
                index += 1
            answer = {"times": times}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
