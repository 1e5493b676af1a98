/** progress.js - how training looks to a person: a bar that redraws itself on a terminal, lines elsewhere. */

/** @typedef {import('../src/run.js').StepEvent} StepEvent */

/** Characters of the bar, where there is room. */
const BAR = 24;

/** 83.4 -> '1:23' @param {number} seconds */
export function clock(seconds) {
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const parts = hours ? [hours, String(minutes).padStart(2, '0')] : [minutes];
  return [...parts, String(whole % 60).padStart(2, '0')].join(':');
}

/** 1234567 -> '1,234,567' @param {number} number */
export const grouped = (number) => Math.round(number).toLocaleString('en-US');

/** 12345678 -> '12.3 MB' @param {number} bytes */
export function size(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const at = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${at ? (bytes / 1000 ** at).toPrecision(3) : bytes} ${units[at]}`;
}

/** Words that may come from a file or a link, fit for a terminal. @param {string} message */
export const printable = (message) => message.replace(/[^\P{Cc}\n\t]/gu, '\ufffd');

export class Progress {
  #out;
  #from;
  #steps;
  #loss = NaN;
  #drawn = -Infinity;

  /**
   * @param {NodeJS.WriteStream} out
   * @param {number} from steps done before
   * @param {number} steps that shall be done
   */
  constructor(out, from, steps) {
    this.#out = out;
    this.#from = from;
    this.#steps = steps;
  }

  /** The end is elsewhere. @param {number} steps that shall be done */
  endAt(steps) {
    this.#steps = steps;
  }

  /** @param {StepEvent} event */
  step(event) {
    const done = event.step + 1;
    this.#loss = Number.isNaN(this.#loss) ? event.loss : 0.9 * this.#loss + 0.1 * event.loss;
    const last = done === this.#steps;
    if (this.#out.isTTY) {
      const now = performance.now();
      if (!last && now - this.#drawn < 100) return;
      this.#drawn = now;
      const facts = this.#facts(event);
      const bar = Math.max(0, Math.min(BAR, this.#room - facts.length - 1));
      const filled = Math.min(bar, Math.round((bar * done) / this.#steps));
      this.#redraw(`${'━'.repeat(filled)}${'─'.repeat(bar - filled)} ${facts}`);
    } else if (last || done === this.#from + 1 || done % Math.max(1, Math.round(this.#steps / 20)) === 0) {
      this.line(`step ${this.#facts(event)}`);
    }
  }

  /** @param {StepEvent} event */
  #facts({ step, tokens, seconds }) {
    const done = step + 1;
    const left = ((this.#steps - done) * seconds) / (done - this.#from);
    const rate = grouped(tokens / Math.max(seconds, 1e-9));
    return `${done}/${this.#steps}  loss ${this.#loss.toFixed(4)}  ${rate} tokens/s  ETA ${clock(left)}`;
  }

  /** A line that stays. @param {string} text */
  line(text) {
    if (this.#out.isTTY) this.#redraw('');
    this.#out.write(`${text}\n`);
    this.#drawn = -Infinity;
  }

  /** Leaves the bar as it is and goes to the next line. */
  end() {
    if (this.#out.isTTY && this.#drawn > 0) this.#out.write('\n');
  }

  /** @param {string} text */
  #redraw(text) {
    this.#out.write(`\r\x1b[2K${text.slice(0, this.#room)}`);
  }

  /** Characters that fit into a line: in the last column a terminal may begin the next. */
  get #room() {
    return (this.#out.columns || 80) - 1;
  }
}
