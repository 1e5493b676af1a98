// state.js - the value of every setting: the table's defaults, under the preset's, under the reader's own.

/** @typedef {import('./settings.js').Row} Row @typedef {import('./settings.js').Value} Value */

/** Fires 'change' after any change of a setting. */
export class State extends EventTarget {
  /** @param {Map<string, Row>} rows */
  constructor(rows) {
    super();
    this.rows = rows;
    /** @type {Map<string, Value>} what the preset says */
    this.preset = new Map();
    /** @type {Map<string, Value>} what the reader says */
    this.own = new Map();
  }

  /** @param {string} name of a row */
  get(name) {
    return this.own.get(name) ?? this.base(name);
  }

  /** The row of a setting as it is under the others. @param {string} name @returns {Row} */
  row(name) {
    const row = this.rows.get(name);
    if (!row) throw new Error(`settings.js has no row "${name}"`);
    return row.under ? { ...row, ...row.under((other) => (this.rows.has(other) ? this.get(other) : undefined)) } : row;
  }

  /** The value without the reader's doing: it is left out of the link. @param {string} name @returns {Value} */
  base(name) {
    return this.preset.get(name) ?? this.row(name).default;
  }

  /** @param {string} name @param {Value} value of the row's kind, within its limits */
  set(name, value) {
    if (value === this.get(name)) return;
    if (value === this.base(name)) this.own.delete(name);
    else this.own.set(name, value);
    this.#settle();
    this.dispatchEvent(new Event('change'));
  }

  /**
   * Takes a preset: the core's settings become its own; the page's stay.
   * @param {string} name of the preset
   * @param {Map<string, Value>} values it sets
   * @param {Map<string, Value>} [own] set on top of it
   * @returns {[string, Value][]} what of `own` cannot be, as the other settings are
   */
  usePreset(name, values, own = new Map()) {
    this.preset = values;
    for (const [key] of this.own) if (this.rows.get(key)?.core) this.own.delete(key);
    this.#put('preset', name);
    for (const [key, value] of own) this.#put(key, value);
    const dropped = this.#settle();
    this.dispatchEvent(new Event('change'));
    return dropped;
  }

  /** Drops what the reader set where other settings have moved its limits past it. */
  #settle() {
    const dropped = [...this.own].filter(([name, value]) => {
      const { hidden, under, min, max } = this.row(name);
      return under && !hidden && (Number(value) < min || Number(value) > max);
    });
    for (const [name] of dropped) this.own.delete(name);
    return dropped;
  }

  /** @param {string} name @param {Value} value */
  #put(name, value) {
    if (value === this.base(name)) this.own.delete(name);
    else this.own.set(name, value);
  }

  /** The engine's config: every setting of the core but those that follow from the text. @returns {Record<string, Value>} */
  config() {
    /** @type {Record<string, Value>} */
    const config = {};
    for (const { name, core, follows } of this.rows.values()) {
      const { hidden } = this.row(name);
      if (core && (!follows || this.preset.has(name) || (this.own.has(name) && !hidden))) config[name] = hidden ? this.base(name) : this.get(name);
    }
    return config;
  }
}
