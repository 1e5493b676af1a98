"""Writes golden/baselines.json, what tests/node/baselines.test.js compares n-gram models with: `make golden`. Python alone, with dictionaries.

Interpolated Kneser-Ney as Chen and Goodman (1999) define it in section 2.7, recursively from the highest order down, over the texts' characters,
bytes and words (white space apart). Counts, bigrams' too, are of the training part's places with two tokens before them; judged are the places that
whole windows of the validation part predict.
"""
import collections
import hashlib
import json
import math
import pathlib

ROOT = pathlib.Path(__file__).parent.parent.parent
TEXTS = ['models/mock-shakespeare.txt', 'build/data/tinyshakespeare.txt']
BLOCK, VAL_FRACTION = 64, 0.1


def discount(counts):
    frequency = collections.Counter(counts.values())
    return frequency[1] / (frequency[1] + 2 * frequency[2]) if frequency[1] else 0.5


class Model:
    """P(w | h) from counts of tuples (*h, w), over a lower model or uniform."""

    def __init__(self, counts, lower):
        self.counts, self.lower, self.discount = counts, lower, discount(counts)
        self.total, self.kinds = collections.Counter(), collections.Counter()
        for gram, count in counts.items():
            self.total[gram[:-1]] += count
            self.kinds[gram[:-1]] += 1

    def p(self, gram):
        history, below = gram[:-1], self.lower(gram[1:])
        if not self.total[history]:
            return below
        return (max(self.counts[gram] - self.discount, 0) + self.discount * self.kinds[history] * below) / self.total[history]


def continuation(counts):
    """How many different tokens stand before each n-gram."""
    return collections.Counter(gram[1:] for gram in counts)


def baselines(ids, vocab_size):
    n_train = int(len(ids) * (1 - VAL_FRACTION))
    windows = (len(ids) - n_train - 1) // BLOCK
    places = range(n_train + 1, n_train + 1 + windows * BLOCK)
    uniform = lambda gram: 1 / vocab_size
    trigrams = collections.Counter(tuple(ids[at - 2:at + 1]) for at in range(2, n_train))
    bigrams = collections.Counter(tuple(ids[at - 1:at + 1]) for at in range(2, n_train))
    lowest = Model(continuation(bigrams), uniform)
    models = [
        Model(collections.Counter((id,) for id in ids[:n_train]), uniform),
        Model(bigrams, lowest.p),
        Model(trigrams, Model(continuation(trigrams), lowest.p).p),
    ]
    losses = [-sum(math.log(model.p(tuple(ids[at - order:at + 1]))) for at in places) / len(places) for order, model in enumerate(models)]
    return dict(zip(['uniform', 'unigram', 'bigram', 'trigram'], [math.log(vocab_size)] + losses))


def number(tokens):
    of = {token: id for id, token in enumerate(sorted(set(tokens)))}
    return [of[token] for token in tokens]


def main():
    cases = []
    for path in TEXTS:
        data = (ROOT / path).read_bytes()
        for kind, ids in [('chars', number(data.decode())), ('bytes', list(data)), ('words', number(data.decode().split()))]:
            vocab_size = 256 if kind == 'bytes' else max(ids) + 1
            case = dict(text=path, sha256=hashlib.sha256(data).hexdigest(), kind=kind, tokens=len(ids), vocab_size=vocab_size, block_size=BLOCK)
            cases.append(dict(case, val_fraction=VAL_FRACTION, baselines=baselines(ids, vocab_size)))
            print(kind, 'of', path, cases[-1]['baselines'])
    path = pathlib.Path(__file__).parent / 'golden' / 'baselines.json'
    path.write_text('[\n' + ',\n'.join(json.dumps(case) for case in cases) + '\n]\n')


if __name__ == '__main__':
    main()
