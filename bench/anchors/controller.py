"""One round of the ENAS macro controller, architecture by architecture, as the known implementations do it:
draw one sequence with its log-probability on the tape, add its REINFORCE loss, and after `count` of them take one Adam step.
"""

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


def prepare(layers, size, count):
    torch.manual_seed(1)
    controller = MacroController(layers, operations=6, size=size)
    adam = torch.optim.Adam(controller.parameters(), lr=1e-3, betas=(0.0, 0.999), eps=1e-3)
    baseline = 0.0

    def step(_):
        nonlocal baseline
        adam.zero_grad()
        for index in range(count):
            log_p, entropy, penalty = controller(tanh_constant=1.5, skip_target=0.4)
            reward = index / count + 1e-4 * entropy.item()
            baseline -= 0.01 * (baseline - reward)
            loss = (-log_p * (reward - baseline) + 0.8 * penalty) / count
            loss.backward()
        adam.step()

    return step
