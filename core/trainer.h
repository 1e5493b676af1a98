/* trainer.h - one training step: batch -> forward -> backward -> clip -> schedule -> update. */
#ifndef FOLIO_TRAINER_H
#define FOLIO_TRAINER_H

#include "dataset.h"
#include "model.h"
#include "pass.h"

typedef struct {
    uint64_t step;    /* steps done, this one included: 1 after the first */
    double loss;      /* mean nats per token of the step's batches, before the update */
    double lr;        /* learning rate of the update */
    double grad_norm; /* global L2 norm before clipping */
    uint64_t tokens;  /* tokens of the step */
} TrainerReport;

typedef struct {
    Config config; /* of the model, with the training settings to use */
    Model *model;
    const Dataset *dataset;
    float *grads, *moment1, *moment2; /* layout_floats each; what the moments hold: update.h; moment2 NULL for sgd */
    uint64_t step;                    /* steps done; set it to resume: all that is random follows from it */
    TrainerReport report;             /* of the last step done */
    Pass pass;
    uint32_t *inputs, *targets; /* (batch_size, block_size) */
    double *partials;           /* for the gradient's norm */
    Exec update_exec;           /* the pass's workers, with update_scratch for each */
    size_t piece, micro;        /* where in the step */
    double loss_sum;
    uint64_t loss_tokens;
} Trainer;

/* Bytes for gradients, optimizer state and a training pass of batch_size windows. */
uint64_t trainer_bytes(const Config *config, size_t threads);

/* Carves a trainer from memory (16-aligned). config: the model's, with the training settings to use; model and dataset stay the caller's and must outlive it. step is 0, moments are 0.
   The dataset must have the config's block_size and batch_size. Fails with MEMORY, ARGUMENT, or as config_check does. */
int trainer_init(Trainer *trainer, const Config *config, Model *model, const Dataset *dataset, Pool *pool, void *memory, size_t bytes);

/* Does a piece of the step (the batch, one layer up or down, the update), so that a caller can stay responsive.
   Returns 1 when the step is done and report is fresh, 0 when there is more to do. The model changes only in the last piece. */
int trainer_advance(Trainer *trainer);

/* From now on the ops of a step read this stopwatch; NULL: none. */
void trainer_measure(Trainer *trainer, Lap *lap);

/* Forgets the pieces of an unfinished step; the next trainer_advance begins the step again. */
void trainer_restart(Trainer *trainer);

/* The gradients of one given batch, without an update, in trainer->grads; returns its mean loss (nats per token). Drops an unfinished step.
   inputs, targets: (B, block_size), B <= batch_size, ids below vocab_size. */
double trainer_gradients(Trainer *trainer, const uint32_t *inputs, const uint32_t *targets, size_t B);

/* A whole step: trainer_advance until it is done. */
void trainer_step(Trainer *trainer);

#endif
