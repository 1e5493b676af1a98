// anatomy.js - a model as a list of blocks, in the order in which the data goes through them. The list follows from the config and its layout alone.

/**
 * @typedef {import('./shares.js').Tensor} Tensor
 * @typedef {import('./shares.js').Part} Part
 * @typedef {object} Block
 * @property {string} id unique in the list
 * @property {string} title
 * @property {string} gist the essential beside the title, in a few signs
 * @property {Part|''} part whose colour it has
 * @property {'stream'|'attention'|'MLP'} lane on the residual stream, or in a branch beside it
 * @property {boolean} add where a branch ends: its result is added to the stream
 * @property {number} times how often it is there: 1, or once a layer
 * @property {Tensor[]} tensors of the first of them, their names without the layer
 * @property {number} parameters of all of them
 * @property {number} share of the model's parameters
 * @property {number[]} flow the shape of what comes out
 * @property {string} axes what its numbers count
 * @property {number} macs multiply-adds a token of all of them, forward, in products and convolutions
 * @property {string} doc what it does
 * @property {{queries: number, keys: number}} [heads] of the attention
 */

/** @param {string} name */
const withoutLayer = (name) => name.replace(/^h\.\d+\./, '');

/** 300000 -> "300,000". @param {number} n */
const count = (n) => n.toLocaleString('en');
/** @param {number} n @param {string} what */
const many = (n, what) => `${count(n)} ${what}${n === 1 ? '' : 's'}`;

/**
 * @param {Record<string, any>} config complete
 * @param {readonly Tensor[]} layout its tensors
 * @returns {Block[]}
 */
export function anatomyOf(config, layout) {
  const { n_layer: L, n_embd: C, block_size: T, batch_size: B, vocab_size: V, n_head: H } = config;
  const kv = config.n_kv_head || H;
  const hs = C / H;
  const inner = config.n_inner || 4 * C;
  const gated = config.activation === 'swiglu';
  const qkv = (H + 2 * kv) * hs;
  const taps = Math.max(0, config.conv_size - 1);
  const total = layout.reduce((sum, { size }) => sum + size, 0);
  const rows = [B, T, C];
  const norm = normDoc(config);
  const dropped = config.dropout ? `dropout ${config.dropout}` : '';

  /**
   * @param {string} id @param {string[]} roles names of its tensors, without the layer
   * @param {Pick<Block, 'title'|'gist'|'doc'> & Partial<Block>} rest macs: of one of them
   * @returns {Block}
   */
  const block = (id, roles, rest) => {
    const its = layout.filter(({ name }) => roles.includes(withoutLayer(name)));
    const parameters = its.reduce((sum, { size }) => sum + size, 0);
    const lane = rest.lane ?? 'stream';
    const times = lane === 'stream' ? 1 : L;
    const tensors = its.slice(0, its.length / times).map(({ name, shape, size }) => ({ name: withoutLayer(name), shape, size }));
    const usual = { part: lane === 'stream' ? /** @type {const} */ ('') : lane, add: false, flow: rows, axes: 'batch, context, channels' };
    return { id, ...usual, ...rest, lane, macs: (rest.macs ?? 0) * times, times, tensors, parameters, share: parameters / total };
  };
  /** @param {'attention'|'MLP'} lane @param {string} ln @param {string} at @returns {Block[]} what each branch begins with */
  const before = (lane, ln, at) => [
    block(ln, [`${ln}.weight`, `${ln}.bias`], { lane, title: 'Norm', gist: config.norm, doc: norm }),
    ...(taps ? [block(`${at}.conv`, [`${at}.conv.weight`], {
      lane, title: 'Convolution', gist: many(taps + 1, 'token'), macs: taps * C,
      doc: `Mixes into each channel what stood in it ${taps === 1 ? 'one token' : `up to ${taps} tokens`} before: a short memory, at little cost.`,
    })] : []),
  ];
  /** @param {'attention'|'MLP'} lane @param {string} at @returns {Block} */
  const after = (lane, at) => block(`${at}.add`, [], {
    lane, title: 'Added to the stream', gist: dropped, add: true,
    doc: `What the branch has found is added to the stream, which else passes by untouched.${dropped ? ` While it trains, ${Math.round(config.dropout * 100)}% of it is left out at random.` : ''}`,
  });

  return [
    block('tokens', [], { title: 'Tokens', gist: `${count(B)} × ${count(T)}`, flow: [B, T], axes: 'batch, context', doc: `A step reads ${many(B, 'window')} of ${many(T, 'token')}, each of them a number below ${count(V)}.` }),
    block('wte', ['wte.weight'], { title: 'Embedding', gist: `${count(V)} × ${count(C)}`, part: 'embedding', doc: `Each token picks its row of this table: ${many(C, 'number')} that come to say what it means.` }),
    ...positionOf(config).map((rest) => block('wpe', ['wpe.weight'], { ...rest, part: 'embedding' })),
    ...(config.embd_norm ? [block('embd_norm', [], { title: 'Norm', gist: config.norm, part: 'embedding', doc: 'Brings the embeddings to one size before the first layer; nothing in it is learned.' })] : []),
    ...before('attention', 'ln_1', 'attn'),
    block('attn.qkv', ['attn.c_attn.weight', 'attn.c_attn.bias'], {
      lane: 'attention', title: 'Queries, keys, values', gist: `${count(C)} → ${count(qkv)}`, flow: [B, T, qkv], macs: C * qkv,
      doc: 'Makes of each token what it looks for (query), what it offers (key) and what it hands over (value).',
    }),
    block('attn', [], {
      lane: 'attention', title: 'Attention', gist: `${many(H, 'head')} of ${count(hs)}`, macs: 2 * C * (config.causal ? (T + 1) / 2 : T), heads: { queries: H, keys: kv },
      doc: attentionDoc(config, kv),
    }),
    block('attn.proj', ['attn.c_proj.weight', 'attn.c_proj.bias'], {
      lane: 'attention', title: 'Projection', gist: `${count(C)} → ${count(C)}`, macs: C * C, doc: `Mixes what the heads have found back into ${many(C, 'channel')}.`,
    }),
    after('attention', 'attn'),
    ...before('MLP', 'ln_2', 'mlp'),
    block('mlp', ['mlp.c_fc.weight', 'mlp.c_fc.bias', 'mlp.c_proj.weight', 'mlp.c_proj.bias'], {
      lane: 'MLP', title: 'MLP', gist: `${count(C)} → ${gated ? '2 × ' : ''}${count(inner)} → ${count(C)}`, macs: C * inner * (gated ? 3 : 2),
      doc: gated
        ? `Each token by itself: spread to twice ${many(inner, 'channel')}, one half gating the other (swiglu), then gathered to ${count(C)} again.`
        : `Each token by itself: spread to ${many(inner, 'channel')}, bent by ${config.activation}, gathered to ${count(C)} again.`,
    }),
    after('MLP', 'mlp'),
    block('ln_f', ['ln_f.weight', 'ln_f.bias'], { title: 'Norm', gist: config.norm, part: 'head', doc: norm }),
    block('head', ['lm_head.weight'], {
      title: 'Head', gist: `${config.tie_weights ? 'tied, ' : ''}${count(C)} → ${count(V)}`, part: 'head', flow: [B, T, V], axes: 'batch, context, vocabulary', macs: C * V,
      doc: config.tie_weights ? 'Compares each row with every row of the embedding, whose table it shares: a score for each token that may follow.' : `Gives each of the ${many(V, 'token')} a score: how likely it is to follow.`,
    }),
    block('loss', [], {
      title: 'Loss', gist: 'cross-entropy', flow: [], axes: '',
      doc: `How much the tokens that really follow surprise the model, in nats: ${Math.log(V).toFixed(2)} for one that knows nothing.`,
    }),
  ];
}

/** @param {Record<string, any>} config */
function normDoc({ norm, norm_affine: affine, bias }) {
  const learned = affine ? `, then scales${bias && norm === 'layernorm' ? ' and shifts' : ''} each channel as it has learned` : '';
  return norm === 'layernorm' ? `Brings each token's channels to mean 0 and variance 1${learned}.` : `Brings each token's channels to a mean square of 1${learned}.`;
}

/** What is added to the embedding for its place; nothing where attention knows of it, or nobody. @param {Record<string, any>} config */
function positionOf({ position, block_size: T, n_embd: C }) {
  if (position === 'learned') return [{ title: 'Position', gist: `${count(T)} × ${count(C)}`, doc: 'Each place in the window has a row of its own, which is added: it says where a token stands.' }];
  if (position === 'sinusoidal') return [{ title: 'Position', gist: 'sinusoidal', doc: 'Adds waves of fixed lengths, mixed differently at each place; nothing in it is learned.' }];
  return [];
}

/** @param {Record<string, any>} config @param {number} kv key/value heads */
function attentionDoc({ causal, position, qk_norm: qkNorm, n_head: H }, kv) {
  const where = { rope: ' Queries and keys are turned by an angle that grows with their place.', alibi: ' What stands further back counts less, for each head at its own pace.' };
  return [
    `Each head compares a token's query with the keys of ${causal ? 'all tokens up to it' : 'all tokens in the window'} and takes the mean of their values, weighted by how well they match.`,
    kv < H ? ` ${H / kv} heads share a key and value.` : '',
    qkNorm ? ' Queries and keys are brought to one size first.' : '',
    where[/** @type {'rope'} */ (position)] ?? '',
  ].join('');
}
