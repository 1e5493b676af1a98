/** best.js - the weights with the lowest validation loss of a run, and how long ago that was. */

/** @typedef {{step: number, val_loss: number, waited: number}} BestFacts waited: evaluations since, none of them better */

export class Best {
  /**
   * @param {Float32Array} params in layout order; kept
   * @param {BestFacts} facts
   */
  constructor(params, { step, val_loss, waited }) {
    this.params = params;
    this.step = step;
    this.val_loss = val_loss;
    this.waited = waited;
  }

  /** @returns {BestFacts} */
  get facts() {
    const { step, val_loss, waited } = this;
    return { step, val_loss, waited };
  }

  /**
   * An evaluation: these weights are kept if they are better.
   * @param {Float32Array} params
   * @param {number} step
   * @param {number} val_loss
   */
  see(params, step, val_loss) {
    if (step === this.step && val_loss === this.val_loss) return; // the same once more
    if (!(val_loss < this.val_loss)) {
      this.waited++;
      return;
    }
    this.params.set(params);
    Object.assign(this, { step, val_loss, waited: 0 });
  }
}
