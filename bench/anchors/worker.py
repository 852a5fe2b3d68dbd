"""Runs anchors on request: one JSON object a line on standard input, one on standard output.

{"prepare": module, "options": {...}} makes an anchor ready; {"run": n} runs n more steps of it and
answers their times in milliseconds.
"""

import importlib
import json
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]))


def main():
    step, index = None, 0
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        times = []
        if "prepare" in request:
            step, index = importlib.import_module(request["prepare"]).prepare(**request["options"]), 0
        else:
            for _ in range(request["run"]):
                start = time.perf_counter()
                step(index)
                times.append((time.perf_counter() - start) * 1e3)
                index += 1
        print(json.dumps({"times": times}), flush=True)


if __name__ == "__main__":
    main()
