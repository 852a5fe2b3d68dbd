"""One update of the ENAS macro controller in PyTorch, architecture by architecture, as the known
implementations do it: sample one sequence with its log-probability on the tape, add its REINFORCE loss, and after
`count` of them take one Adam step. Prints one JSON line: {"medianMs": ..., "p95Ms": ...} over the repeats.
"""
import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F


class MacroController(torch.nn.Module):
    def __init__(self, layers, operations, size):
        super().__init__()
        self.layers = layers
        self.lstm = torch.nn.LSTMCell(size, size, bias=False)
        self.start = torch.nn.Parameter(torch.empty(1, size))
        self.embedding = torch.nn.Embedding(operations, size)
        self.logits = torch.nn.Linear(size, operations, bias=False)
        self.anchor = torch.nn.Linear(size, size, bias=False)
        self.query = torch.nn.Linear(size, size, bias=False)
        self.vector = torch.nn.Linear(size, 1, bias=False)
        for parameter in self.parameters():
            torch.nn.init.uniform_(parameter, -0.1, 0.1)

    def forward(self, tanh_constant, skip_target):
        """One architecture: (log p, sum -p log p of what was sampled, skip penalty)."""
        size = self.start.shape[1]
        state = (torch.zeros(1, size), torch.zeros(1, size))
        value, anchors, keys, log_p, entropy, penalties = self.start, [], [], 0.0, 0.0, []
        for layer in range(self.layers):
            state = self.lstm(value, state)
            logits = F.log_softmax(tanh_constant * torch.tanh(self.logits(state[0])), dim=-1)
            choice = torch.multinomial(logits.exp(), 1).squeeze(1)
            taken = logits.gather(1, choice[:, None]).sum()
            log_p, entropy = log_p + taken, entropy - (taken.exp() * taken).detach()
            state = self.lstm(self.embedding(choice), state)
            if layer == 0:
                value = self.start
            else:
                scores = self.vector(torch.tanh(torch.cat(keys) + self.query(state[0])))
                pair = tanh_constant * torch.tanh(torch.cat([-scores, scores], 1))
                every = F.log_softmax(pair, dim=-1)
                skip = torch.multinomial(every.exp(), 1)
                taken = every.gather(1, skip)
                log_p, entropy = log_p + taken.sum(), entropy - (taken.exp() * taken).sum().detach()
                p = torch.sigmoid(pair)
                penalties.append((p * torch.log(p / torch.tensor([1 - skip_target, skip_target]))).sum())
                flags = skip.float().T
                value = flags @ torch.cat(anchors) / (1 + flags.sum())
            anchors.append(state[0])
            keys.append(self.anchor(state[0]))
        return log_p, entropy, torch.stack(penalties).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--warmup", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    controller = MacroController(options.layers, 6, options.size)
    adam = torch.optim.Adam(controller.parameters(), lr=1e-3, betas=(0.0, 0.999), eps=1e-3)
    baseline = 0.0
    times = []
    for _ in range(options.warmup + options.repeats):
        begin = time.perf_counter()
        adam.zero_grad()
        for index in range(options.count):
            log_p, entropy, penalty = controller(1.5, 0.4)
            reward = index / options.count + 1e-4 * entropy.item()
            baseline -= 0.01 * (baseline - reward)
            loss = (-log_p * (reward - baseline) + 0.8 * penalty) / options.count
            loss.backward()
        adam.step()
        times.append(1000 * (time.perf_counter() - begin))
    times = sorted(times[options.warmup:])
    print(json.dumps({"medianMs": statistics.median(times), "p95Ms": times[int(0.95 * len(times))]}))


if __name__ == "__main__":
    main()
