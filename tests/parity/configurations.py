"""The configurations of the goldens: every choice of core/config.h at odd sizes, each written as what differs from BASE.

BASE names every setting that has an effect, so that a later change of a default moves no golden.
"""

BASE = dict(
    n_layer=2, n_head=3, n_kv_head=0, n_embd=24, n_inner=37, block_size=7, vocab_size=13,
    position='learned', norm='layernorm', norm_eps=1e-5, norm_affine=True, activation='gelu', causal=True, qk_norm=False,
    attn_scale=0, rope_theta=10000, embd_norm=False, conv_size=0, tie_weights=True, bias=False, dropout=0,
    optimizer='adamw', learning_rate=0.01, min_lr=0.001, schedule='constant', warmup_iters=0, decay_iters=0, max_iters=10,
    beta1=0.9, beta2=0.99, adam_eps=1e-8, weight_decay=0.2, embd_weight_decay=0.5, vector_weight_decay=0.8, grad_clip=0,
    adam_lr=0.01, vector_lr=0, muon_momentum=0.95, muon_momentum_start=0.85, muon_momentum_iters=300, muon_method='newton_schulz', muon_steps=5,
    muon_heads=False, linear_dtype='float32',
    batch_size=2, gradient_accumulation_steps=1, seed=1337,
    batching='epoch', stride=8, shuffle=False, drop_last=True, val_fraction=0,
)

STEPS = 10

CONFIGURATIONS = {
    # the shape of GPT-2, then one block choice after the other
    'gpt2': dict(bias=True, n_inner=0),
    'no-bias-cosine': dict(batch_size=3, schedule='cosine', warmup_iters=3, grad_clip=1),
    'sinusoidal-relu-untied-linear': dict(
        position='sinusoidal', activation='relu', tie_weights=False, bias=True, schedule='linear', warmup_iters=2),
    'rope-rmsnorm-swiglu-wsd': dict(
        position='rope', norm='rmsnorm', activation='swiglu', tie_weights=False, schedule='wsd', warmup_iters=1, grad_clip=0.5),
    'alibi-relu2-wsd': dict(position='alibi', activation='relu2', schedule='wsd', decay_iters=4, warmup_iters=2, max_iters=11),
    'no-position-sgd': dict(
        position='none', norm='rmsnorm', activation='relu2', optimizer='sgd', learning_rate=0.05, weight_decay=0.01,
        embd_weight_decay=0.02, vector_weight_decay=0.05, grad_clip=1, batch_size=3),
    'bidirectional': dict(causal=False, bias=True, schedule='cosine'),
    'bidirectional-alibi-swiglu': dict(
        causal=False, position='alibi', norm='rmsnorm', activation='swiglu', bias=True, batch_size=3),
    'bidirectional-no-position-relu': dict(causal=False, position='none', activation='relu', tie_weights=False),
    # heads
    'one-head-rope-qk-norm': dict(n_head=1, position='rope', qk_norm=True, norm='rmsnorm', activation='relu2'),
    'grouped-rope-swiglu': dict(
        n_head=4, n_kv_head=2, position='rope', rope_theta=100, norm='rmsnorm', activation='swiglu', batch_size=3),
    'multi-query-alibi': dict(n_head=4, n_kv_head=1, position='alibi', bias=True),
    'multi-query-rope-qk-norm': dict(n_kv_head=1, position='rope', qk_norm=True, bias=True, tie_weights=False),
    'qk-norm-attn-scale': dict(qk_norm=True, attn_scale=1.25, norm_eps=1e-3),
    'one-head-attn-scale-sinusoidal': dict(n_head=1, attn_scale=0.1, position='sinusoidal', activation='relu', bias=True),
    # normalisations
    'layernorm-without-weights': dict(norm_affine=False, bias=True, position='rope'),
    'rmsnorm-without-weights': dict(norm_affine=False, norm='rmsnorm', activation='relu2', tie_weights=False, qk_norm=True),
    'embd-norm': dict(embd_norm=True, bias=True, activation='swiglu'),
    'embd-norm-rmsnorm': dict(embd_norm=True, norm='rmsnorm', norm_eps=1e-3, position='none', activation='gelu', batch_size=3),
    # convolutions
    'conv': dict(conv_size=4, bias=True),
    'conv-wider-than-the-window-rope-swiglu': dict(
        conv_size=9, position='rope', norm='rmsnorm', norm_affine=False, activation='swiglu', batch_size=3, tie_weights=False),
    'conv-dropout-accumulation': dict(conv_size=2, dropout=0.2, gradient_accumulation_steps=2, n_embd=15, n_inner=9),
    # dropout, with accumulation so that the masks of every micro-batch differ
    'dropout': dict(dropout=0.2, bias=True, gradient_accumulation_steps=2),
    'dropout-grouped-rope-swiglu': dict(
        dropout=0.35, n_head=4, n_kv_head=2, position='rope', norm='rmsnorm', activation='swiglu', embd_norm=True,
        tie_weights=False, batch_size=3, seed=20240229),
    'dropout-bidirectional-alibi': dict(dropout=0.1, causal=False, position='alibi', activation='relu', seed=2147483647),
    # optimizers
    'sgd-plain-accumulation': dict(
        optimizer='sgd', beta1=0, learning_rate=0.2, min_lr=0.02, schedule='cosine', max_iters=8, gradient_accumulation_steps=2,
        weight_decay=0.01, embd_weight_decay=0.02, vector_weight_decay=0.05),
    'sgd-momentum-linear': dict(
        optimizer='sgd', beta1=0.8, learning_rate=0.05, schedule='linear', warmup_iters=4, grad_clip=0.7, bias=True,
        weight_decay=0.01, embd_weight_decay=0.02, vector_weight_decay=0.05),
    'adamw-betas-accumulation': dict(
        beta1=0.7, beta2=0.95, adam_eps=1e-3, gradient_accumulation_steps=3, grad_clip=0.3, learning_rate=0.02,
        schedule='cosine', warmup_iters=2, max_iters=12, bias=True, batch_size=1),
    'muon-recipe': dict(  # the blocks and the optimizer of the recipe that this project began from
        optimizer='muon', learning_rate=0.02, min_lr=0.0004, adam_lr=0.003, beta2=0.95, weight_decay=0, embd_weight_decay=0,
        vector_weight_decay=0, schedule='linear', position='rope', norm='rmsnorm', norm_affine=False, qk_norm=True, attn_scale=0.15,
        activation='relu2', embd_norm=True, tie_weights=False, n_inner=0, batch_size=3),
    'muon-grouped-swiglu': dict(
        optimizer='muon', n_head=4, n_kv_head=2, position='rope', norm='rmsnorm', activation='swiglu', grad_clip=0.5, schedule='wsd',
        warmup_iters=3, muon_momentum_iters=4, n_inner=29),
    'muon-heads-accumulation': dict(
        optimizer='muon', muon_heads=True, bias=True, n_head=4, n_kv_head=2, gradient_accumulation_steps=2, muon_steps=3,
        muon_momentum=0.9, muon_momentum_iters=0, schedule='cosine'),
    'muon-polar-express': dict(
        optimizer='muon', muon_method='polar_express', muon_steps=4, n_head=4, n_kv_head=1, position='rope', qk_norm=True, norm='rmsnorm',
        activation='swiglu', tie_weights=False, schedule='linear'),
    'muon-conv-vector-lr': dict(
        optimizer='muon', conv_size=4, vector_lr=0.03, norm='rmsnorm', position='rope', qk_norm=True, activation='relu2', schedule='linear'),
    'muon-odd-widths': dict(optimizer='muon', n_embd=15, n_inner=9, bias=True, batch_size=3, n_kv_head=1, learning_rate=0.03),
    # whole numbers
    'int8': dict(linear_dtype='int8', bias=True),
    'int8-sgd-rope-swiglu': dict(
        linear_dtype='int8', optimizer='sgd', position='rope', norm='rmsnorm', activation='swiglu', tie_weights=False, n_inner=9, learning_rate=0.01),
    # widths that no vector divides: head size 5, 15 channels, 9 hidden
    'odd-widths': dict(n_embd=15, n_inner=9, bias=True, batch_size=3),
    'odd-widths-sinusoidal-swiglu': dict(
        n_embd=15, n_inner=9, position='sinusoidal', activation='swiglu', norm='rmsnorm', qk_norm=True, tie_weights=False),
    'one-token': dict(block_size=1, stride=2, n_layer=1, batch_size=3, bias=True),
}


def complete(name):
    """All settings of the configuration `name`."""
    changes = CONFIGURATIONS[name]
    assert not set(changes) - set(BASE), name
    return {**BASE, **changes}
