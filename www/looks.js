// looks.js - when a run is looked at, and on how much of the validation part.

/** Steps after which the young model is looked at, before eval_interval takes over. */
export const EARLY = [1, 10, 25, 50, 100, 175];
/** Looks over a run that sets no steps between them. */
export const LOOKS = 10;
/** Validation tokens in a look at the model: few of the young one, whose loss falls fast. At the end the whole validation part is measured. */
export const LOOK_EARLY = 4096;
export const LOOK = 16384;
