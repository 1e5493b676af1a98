// settings.js - THE table of settings: the fields of the page, the link, the defaults and the limits all come from it. What a setting of the
// core is (kind, default, limits, choices, explanation) comes from the core's own table in config.h, through client.settings; here stands only
// where it appears on the page, what it is called there, and limits that are narrower in a tab or under other settings. A new setting of the page
// is one row.

/**
 * @typedef {'int'|'real'|'bool'|'enum'|'text'} Kind
 * @typedef {number|boolean|string} Value
 * @typedef {object} Row
 * @property {string} name as in config.h and in the link
 * @property {string} label as on the page
 * @property {string} place the data-fields of index.html it stands in; '' for no field of its own
 * @property {boolean} core whether the engine's config has it
 * @property {Kind} kind
 * @property {Value} default
 * @property {number} min
 * @property {number} max of a text: its characters
 * @property {string[]} choices
 * @property {string} doc one line of explanation
 * @property {boolean} [follows] from the text, unless a preset, the link or the reader sets it
 * @property {boolean} [hidden] says nothing, as other settings are: it has no field then, and what the reader set does not count
 * @property {(get: (name: string) => Value|undefined) => Partial<Row>} [under] what of the row is different under other settings
 * @typedef {{name: string, kind: Kind, default: Value, min: number, max: number, choices?: string[], doc: string}} EngineSetting
 */

/** Presets of models/presets, the default first. */
export const PRESETS = ['shakespeare', 'shakespeare-5s', 'shakespeare-15s', 'shakespeare-90s', 'shakespeare-1h', 'nanogpt-cpu', 'nanogpt-gpu', 'gpt2', 'tiny'];

/** Of a setting that says something only where another has one of these values. @param {string} name @param {string[]} values @returns {Partial<Row>} */
const when = (name, ...values) => ({ under: (get) => ({ hidden: !values.includes(String(get(name))) }) });

/** Settings that only the page has. @type {Row[]} */
const OWN = [
  own('preset', 'Preset', 'model', 'enum', PRESETS[0], 0, 0, 'a recipe to start from; choosing one sets everything it names', PRESETS),
  own('text', 'Text', '', 'text', '', 0, 32, 'fingerprint of your own text; empty for the one that comes with the page'),
  own('prompt', 'Let it go on from', '', 'text', '', 0, 2000, 'what the model goes on from'),
  own('temperature', 'Temperature', 'writing', 'real', 0.8, 0, 5, '0: always the likeliest token; higher: bolder'),
  own('top_k', 'Top k', 'writing', 'int', 0, 0, 100000, 'choose among the k likeliest tokens only; 0: among all'),
  own('sample_seed', 'Seed', 'writing', 'int', 1, 0, 2147483647, 'the same seed gives the same text'),
  own('tokens', 'Length', 'writing', 'int', 320, 1, 5000, 'tokens to write'),
  own('top_p', 'Top p', 'writing-more', 'real', 1, 0.01, 1, 'choose among the likeliest tokens that together reach this probability; 1: all'),
  own('min_p', 'Min p', 'writing-more', 'real', 0, 0, 1, 'leave out tokens less than this many times as likely as the likeliest; 0: none'),
  own('for', 'For', 'training', 'enum', 'steps', 0, 0, 'train for so many steps, or for as many as fit into a time here', ['steps', 'seconds']),
  { ...own('budget', 'Seconds', 'training', 'real', 60, 1, 86400, 'all of the training ends in that time; how many steps fit is measured here'), ...when('for', 'seconds') },
  own('numerics', 'Numerics', 'training-more', 'enum', 'exact', 0, 0, 'exact: the same bits on every machine; fast: fewer roundings, where the browser can', ['exact', 'fast']),
  own('effort', 'Effort', 'training-more', 'enum', 'all', 0, 0, 'how much of the time training works; the rest of it the processor rests', ['all', 'half', 'quarter']),
  own('pause_hidden', 'Pause when hidden', 'training-more', 'bool', false, 0, 0, 'training waits while this tab is hidden, and goes on when it comes back'),
  own('repetition_penalty', 'Repetition penalty', 'writing-more', 'real', 1, 0.1, 10, 'makes tokens seen before less likely; 1: not'),
  own('stop', 'Stop at', 'writing-more', 'text', '', 0, 200, 'a text at which the writing ends, before it; \\n is a line end; empty: none'),
];

/** Tokenizers that learn as many tokens as they are told: how many if they are not, and the fewest (bpe has all bytes and an end of text). */
const LEARNING = /** @type {Record<string, Partial<Row>>} */ ({ word: { default: 4096, min: 3 }, bpe: { default: 1024, min: 257 } });

/** Where the core's settings stand: [name, place, label, narrower limits]. @type {[string, string, string, Partial<Row>?][]} */
const CORE = [
  ['tokenizer', 'tokens', 'Tokens'],
  ['vocab_size', 'tokens', 'Vocabulary', { follows: true, under: (get) => LEARNING[String(get('tokenizer'))] ?? { hidden: true } }],
  ['val_fraction', 'text', 'Kept for validation'],
  ['batching', 'text', 'Windows'],
  ['stride', 'text', 'Stride', when('batching', 'epoch')],
  ['n_layer', 'model', 'Layers', { max: 96 }],
  ['n_head', 'model', 'Heads'],
  ['n_embd', 'model', 'Channels'],
  ['block_size', 'model', 'Context', { max: 4096 }],
  ['dropout', 'model', 'Dropout'],
  ['activation', 'model', 'Activation'],
  ['norm', 'model', 'Normalisation'],
  ['position', 'model', 'Position'],
  ['n_kv_head', 'model-attention', 'Key/value heads'],
  ['attn_scale', 'model-attention', 'Scale'],
  ['rope_theta', 'model-attention', 'Rotary base', when('position', 'rope')],
  ['qk_norm', 'model-attention', 'Query/key norm'],
  ['causal', 'model-attention', 'Causal'],
  ['n_inner', 'model-mlp', 'MLP channels'],
  ['conv_size', 'model-mlp', 'Convolution'],
  ['norm_eps', 'model-norm', 'Epsilon'],
  ['norm_affine', 'model-norm', 'Learned norms'],
  ['embd_norm', 'model-norm', 'Embedding norm'],
  ['init', 'model-weights', 'Initial weights'],
  ['tie_weights', 'model-weights', 'Tied head'],
  ['bias', 'model-weights', 'Biases'],
  ['max_iters', 'training', 'Steps', when('for', 'steps')],
  ['batch_size', 'training', 'Batch', { max: 1024 }],
  ['learning_rate', 'training', 'Learning rate'],
  ['seed', 'training', 'Seed'],
  ['optimizer', 'training-optimizer', 'Optimizer'],
  ['grad_clip', 'training-optimizer', 'Gradient clip'],
  ['beta1', 'training-optimizer', 'Beta 1'],
  ['beta2', 'training-optimizer', 'Beta 2', when('optimizer', 'adamw', 'muon')],
  ['adam_eps', 'training-optimizer', 'Epsilon', when('optimizer', 'adamw', 'muon')],
  ['weight_decay', 'training-optimizer', 'Weight decay'],
  ['embd_weight_decay', 'training-optimizer', 'Of embeddings'],
  ['vector_weight_decay', 'training-optimizer', 'Of vectors'],
  ['adam_lr', 'training-muon', 'Rate of the rest', when('optimizer', 'muon')],
  ['vector_lr', 'training-muon', 'Rate of vectors', when('optimizer', 'muon')],
  ['muon_momentum', 'training-muon', 'Momentum', when('optimizer', 'muon')],
  ['muon_momentum_start', 'training-muon', 'At first', when('optimizer', 'muon')],
  ['muon_momentum_iters', 'training-muon', 'Rising steps', when('optimizer', 'muon')],
  ['muon_method', 'training-muon', 'Method', when('optimizer', 'muon')],
  ['muon_steps', 'training-muon', 'Rounds', when('optimizer', 'muon')],
  ['muon_heads', 'training-muon', 'By heads', when('optimizer', 'muon')],
  ['schedule', 'training-schedule', 'Schedule'],
  ['warmup_iters', 'training-schedule', 'Warm-up steps'],
  ['decay_iters', 'training-schedule', 'Decay steps', when('schedule', 'wsd')],
  ['min_lr', 'training-schedule', 'Last rate'],
  ['gradient_accumulation_steps', 'training-more', 'Batches a step'],
  ['linear_dtype', 'training-more', 'Linear layers'],
  ['eval_interval', 'training-more', 'Evaluate every', { doc: 'steps between evaluations; 0: ten over the run' }],
  ['shuffle', 'training-more', 'Shuffle', when('batching', 'epoch')],
  ['drop_last', 'training-more', 'Drop last', when('batching', 'epoch')],
];

/**
 * @param {string} name @param {string} label @param {string} place @param {Kind} kind @param {Value} value its default
 * @param {number} min @param {number} max @param {string} doc @param {string[]} [choices]
 * @returns {Row}
 */
function own(name, label, place, kind, value, min, max, doc, choices = []) {
  return { name, label, place, core: false, kind, default: value, min, max, choices, doc };
}

/**
 * The whole table, in the order of the page. A setting of the core that has no row above appears among "More about the training".
 * @param {readonly EngineSetting[]} engine client.settings
 * @returns {Map<string, Row>}
 */
export function settingsTable(engine) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  for (const row of OWN) rows.set(row.name, row);
  const core = new Map(engine.map((setting) => [setting.name, setting]));
  const placed = new Set(CORE.map(([name]) => name));
  const rest = engine.filter(({ name }) => !placed.has(name));
  for (const [name, place, label, limits] of [...CORE, ...rest.map(unplaced)]) {
    const setting = core.get(name);
    if (setting) rows.set(name, { choices: [], ...setting, ...limits, label, place, core: true });
  }
  return rows;
}

/** @param {EngineSetting} setting @returns {[string, string, string]} */
function unplaced({ name }) {
  const words = name.replaceAll('_', ' ');
  return [name, 'training-more', words[0].toUpperCase() + words.slice(1)];
}

/**
 * The value that a string means for a row, or what is wrong with it, in words.
 * @param {Row} row
 * @param {string} string from a field or a link
 * @returns {{value: Value} | {fault: string}}
 */
export function readValue(row, string) {
  const { kind, min, max, choices } = row;
  if (kind === 'text') {
    if (string.length > max) return { fault: `is ${string.length} characters long; at most ${max} fit` };
    return /[\0-\x08\x0b-\x1f\x7f]/.test(string) ? { fault: 'has control characters in it' } : { value: string };
  }
  if (kind === 'enum') return choices.includes(string) ? { value: string } : { fault: `is “${brief(string)}”; it can be ${choices.join(', ')}` };
  if (kind === 'bool') return string === 'true' || string === 'false' ? { value: string === 'true' } : { fault: `is “${brief(string)}”; it can be true or false` };
  const plain = string.trim();
  const number = plain.length <= 32 && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
  if (!Number.isFinite(number)) return { fault: `is “${brief(string)}”; it must be a number` };
  if (kind === 'int' && !Number.isInteger(number)) return { fault: `is ${plain}; it must be a whole number` };
  if (number < min || number > max) return { fault: `is ${brief(plain)}; it must be from ${min} to ${max}` };
  return { value: number };
}

/** @param {string} string */
const brief = (string) => (string.length > 24 ? `${string.slice(0, 24)}…` : string);
