"""The same GPT in PyTorch (1.13 or later), as nanoGPT builds it: one JSON object of settings as argument, one of results on stdout.

    /usr/bin/python3 peers.py '{"n_layer": 4, "n_head": 4, "n_embd": 128, "block_size": 64, "batch_size": 12, "vocab_size": 65, "threads": 2, "seconds": 5}'

A step is forward, backward, clipping at 1 and AdamW. With `seconds` it measures its speed on random tokens: the median over steps, after a warm-up.
With `data`, a text, and `steps` it trains by characters on the first nine tenths, as nanoGPT does, with the settings' schedule (cosine), and tells the seconds
of training after each quarter and the loss over the whole rest at the end.
"""
import json
import math
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

settings = json.loads(sys.argv[1])
C, H, T, V = (settings[key] for key in ('n_embd', 'n_head', 'block_size', 'vocab_size'))
torch.set_num_threads(settings['threads'])
torch.manual_seed(1)
FUTURE = torch.triu(torch.ones(T, T, dtype=torch.bool), 1)


class LayerNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(C))

    def forward(self, x):
        return F.layer_norm(x, (C,), self.weight)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = LayerNorm(), LayerNorm()
        self.qkv, self.out = nn.Linear(C, 3 * C, bias=False), nn.Linear(C, C, bias=False)
        self.fc, self.proj = nn.Linear(C, 4 * C, bias=False), nn.Linear(4 * C, C, bias=False)
        self.drop = nn.Dropout(settings.get('dropout', 0.0))

    def forward(self, x):
        B = x.shape[0]
        q, k, v = (z.view(B, T, H, C // H).transpose(1, 2) for z in self.qkv(self.ln_1(x)).split(C, 2))
        scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(C // H))
        attention = self.drop(F.softmax(scores.masked_fill(FUTURE, float('-inf')), -1))
        x = x + self.drop(self.out((attention @ v).transpose(1, 2).reshape(B, T, C)))
        return x + self.drop(self.proj(F.gelu(self.fc(self.ln_2(x)))))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(V, C), nn.Embedding(T, C)
        self.blocks = nn.Sequential(*[Block() for _ in range(settings['n_layer'])])
        self.ln_f, self.head = LayerNorm(), nn.Linear(C, V, bias=False)
        self.head.weight = self.wte.weight

    def forward(self, x, y):
        h = self.ln_f(self.blocks(self.wte(x) + self.wpe.weight))
        return F.cross_entropy(self.head(h).view(-1, V), y.reshape(-1))


model = GPT()
for name, weight in model.named_parameters():  # as nanoGPT begins
    if weight.ndim == 2:
        nn.init.normal_(weight, std=0.02 / math.sqrt(2 * settings['n_layer']) if name.endswith(('out.weight', 'proj.weight')) else 0.02)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1)


def step(x, y):
    loss = model(x, y)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


def speed():
    """Tokens per second."""
    x, y = (torch.randint(V, (settings['batch_size'], T)) for _ in range(2))
    step(x, y)
    step(x, y)
    times, end = [], time.perf_counter() + settings['seconds']
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        step(x, y)
        times.append(time.perf_counter() - start)
    times.sort()
    tokens = settings['batch_size'] * T
    return dict(tokens_per_second=tokens / times[len(times) // 2], best=tokens / times[0], steps=len(times), torch=torch.__version__)


def learning_rate(done):
    """nanoGPT's: a linear warm-up, then half a cosine."""
    peak, floor, warmup = (settings[key] for key in ('learning_rate', 'min_lr', 'warmup_iters'))
    if done < warmup:
        return peak * (done + 1) / (warmup + 1)
    return floor + 0.5 * (1 + math.cos(math.pi * (done - warmup) / (settings['max_iters'] - warmup))) * (peak - floor)


def train():
    """Loss and seconds of the recipe on a text."""
    text = open(settings['data'], encoding='utf-8').read()
    index = {character: i for i, character in enumerate(sorted(set(text)))}
    ids = torch.tensor([index[character] for character in text])
    split = int(0.9 * len(ids))
    begun, seconds = time.perf_counter(), []
    for done in range(settings['steps']):
        for group in optimizer.param_groups:
            group['lr'] = learning_rate(done)
        at = torch.randint(split - T - 1, (settings['batch_size'],))[:, None] + torch.arange(T + 1)
        step(ids[at][:, :-1], ids[at][:, 1:])
        if (done + 1) % (settings['steps'] // 4) == 0:
            seconds.append(time.perf_counter() - begun)
    model.eval()
    rest = ids[split:]
    windows = (len(rest) - 1) // T
    x, y = rest[:windows * T].view(windows, T), rest[1:windows * T + 1].view(windows, T)
    with torch.no_grad():
        total = sum(model(x[i:i + 128], y[i:i + 128]).item() * len(x[i:i + 128]) for i in range(0, windows, 128))
    return dict(val_loss=total / windows, seconds=seconds, steps=settings['steps'], torch=torch.__version__)


print(json.dumps(train() if 'data' in settings else speed()))
