/* lap.h - where the time goes: a stopwatch that every op reads when it has ended. The core reads no clock: the caller brings one. */
#ifndef FOLIO_LAP_H
#define FOLIO_LAP_H

/* Parts of a step, and their names for people. */
#define LAP_PARTS(X) \
    X(DATA, "batches") \
    X(EMBEDDING, "embeddings, positions") \
    X(NORM, "normalisations") \
    X(CONV, "convolutions") \
    X(LINEAR, "linear layers") \
    X(ATTENTION, "attention") \
    X(ACTIVATION, "activation") \
    X(RESIDUAL, "residual sums, dropout") \
    X(HEAD, "head") \
    X(LOSS, "loss") \
    X(OPTIMIZER, "clipping and update") \
    X(MUON, "orthogonal updates")

typedef enum {
#define LAP_PART(name, text) LAP_##name,
    LAP_PARTS(LAP_PART)
#undef LAP_PART
        LAP_COUNT
} LapPart;

typedef struct {
    double (*now)(void); /* seconds from any beginning */
    double last;         /* when it was read last */
    double seconds[LAP_COUNT];
} Lap;

/* Starts from here, with what was measured before. */
static inline void lap_start(Lap *lap) { lap->last = lap->now(); }

/* What has passed since the last reading was `part`. lap NULL: nothing is measured. */
static inline void lap_read(Lap *lap, LapPart part) {
    if (!lap) return;
    double now = lap->now();
    lap->seconds[part] += now - lap->last;
    lap->last = now;
}

#endif
