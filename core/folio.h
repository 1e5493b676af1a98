/* folio.h - the public header of the core. Include this one.

   Folio trains a GPT on the processor it runs on. The core is C99 without files, allocation, globals or clocks: the caller
   brings memory and bytes, the core brings the mathematics. The headers below are its manual, in the order of the data:

     text - tokenizer - ids - dataset - batches - trainer - weights - pass - logits - sampler - ids - tokenizer - text

   Memory. Every object is carved from memory that the caller owns: thing_bytes(config) says how much, thing_init takes it,
   and there is nothing to free but that memory. Nothing is allocated after init.

   Errors. Functions that can fail return FOLIO_OK or a negative FOLIO_ERR_* (error.h) and then have changed nothing.

   Numbers. A run is a pure function of (config, seed, text): the same bits with every compiler, engine and number of threads.

   A whole run, errors left out:

     Config config = config_default();                            // config.h: one table of settings
     Tokenizer tokenizer;                                         // tokenizer/tokenizer.h
     tokenizer_train(&tokenizer, TOKENIZER_CHAR, text, n, malloc(tokenizer_bytes(TOKENIZER_CHAR, n)), NULL);
     tokenizer_encode(&tokenizer, text, n, ids, &count, NULL);
     config.vocab_size = (int32_t)tokenizer.vocab_size;

     Dataset dataset;                                             // dataset.h
     dataset_init(&dataset, &config, ids, count);

     Model model;                                                 // model.h, layout.h: what its tensors are
     model_init(&model, &config, malloc(model_bytes(&config)), model_bytes(&config));

     Trainer trainer;                                             // trainer.h
     trainer_init(&trainer, &config, &model, &dataset, NULL, malloc(trainer_bytes(&config, 1)), trainer_bytes(&config, 1));
     while (trainer.step < config.max_iters) trainer_step(&trainer);

     Pass pass;                                                   // pass.h; PASS_DECODE is the KV cache
     pass_init(&pass, &model, PASS_DECODE, 1, NULL, malloc(...), ...);
     for (size_t at = 0; at < wanted; at++) {
         pass_forward(&pass, &token, 1, 1, at);
         pass_logits(&pass, logits, 0, 1);
         token = sampler_pick(&settings, logits, vocab_size, NULL, 0, rng_uniform(seed, rng_stream(RNG_SAMPLE, 0), at), scratch);  // sampler.h, rng.h
     } */
#ifndef FOLIO_H
#define FOLIO_H

#include "config.h"
#include "dataset.h"
#include "error.h"
#include "evaluate.h"
#include "inspect.h"
#include "layout.h"
#include "model.h"
#include "pass.h"
#include "pool.h"
#include "rng.h"
#include "sampler.h"
#include "tokenizer/bpe.h"
#include "tokenizer/bpe_train.h"
#include "tokenizer/ranks.h"
#include "tokenizer/tokenizer.h"
#include "trainer.h"

#endif
