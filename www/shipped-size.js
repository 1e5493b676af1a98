// shipped-size.js - how large the model that comes with Folio is, for those who only tell of it.

/** Bytes of model/model.safetensors: known before anything is fetched, and the most that is taken. */
export const SHIPPED_BYTES = 1_615_896;
