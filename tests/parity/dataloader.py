"""Writes golden/dataloader.json, what dataloader.test.js compares batches with: `make golden`. Needs Debian's python3-torch.

Token ids are 0 .. n - 1, so that a window shows where it stands. A row of a batch is stored as the first and last id of its inputs and targets;
that the ids between are consecutive is checked here and there.
"""
import json
import pathlib

import torch
from torch.utils.data import DataLoader, Dataset


class Windows(Dataset):
    """Inputs of `length` tokens every `stride`, and the same shifted by one."""

    def __init__(self, ids, length, stride):
        self.pairs = [(ids[at:at + length], ids[at + 1:at + length + 1]) for at in range(0, len(ids) - length, stride)]

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        return self.pairs[index]


def ends(window):
    assert (window[1:] - window[:-1] == 1).all()
    return [int(window[0]), int(window[-1])]


def epoch(n, length, stride, batch_size, shuffle, drop_last):
    loader = DataLoader(Windows(torch.arange(n), length, stride), batch_size=batch_size, shuffle=shuffle, drop_last=drop_last)
    return [[ends(x) + ends(y) for x, y in zip(inputs, targets)] for inputs, targets in loader]


def main():
    torch.manual_seed(1337)
    cases = []
    for n, length, stride, batch_size in [(103, 4, 1, 8), (103, 4, 4, 8), (2500, 256, 128, 4)]:
        for shuffle in [False, True]:
            for drop_last in [False, True]:
                case = dict(n=n, block_size=length, stride=stride, batch_size=batch_size, shuffle=shuffle, drop_last=drop_last)
                cases.append(dict(case, batches=epoch(**{'length' if key == 'block_size' else key: value for key, value in case.items()})))
    path = pathlib.Path(__file__).parent / 'golden' / 'dataloader.json'
    path.write_text('[\n' + ',\n'.join(json.dumps(case, separators=(',', ':')) for case in cases) + '\n]\n')
    print(f'{len(cases)} epochs of PyTorch {torch.__version__}\'s DataLoader')


if __name__ == '__main__':
    main()
