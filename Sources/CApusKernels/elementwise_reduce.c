// Runs elementwise programs whose results are reduced: what is reduced is computed in stripes that stay in the caches
// and is never written to memory, unless something else wants it.
#include "apus_pool.h"
#include "elementwise_plan_private.h"
#include "reduce_private.h"
#include <string.h>

enum {
  STRIPE = 4096, // elements computed before they are reduced
  CHUNK_LEAST = 16384,
  CHUNKS_MOST = 64,
};

static long least(long a, long b) { return a < b ? a : b; }
static long most(long a, long b) { return a > b ? a : b; }
static long quotient_up(long a, long b) { return (a + b - 1) / b; }

// How the [outer, middle, inner] array is cut, by its sizes alone. A piece is what gives one row of partial results.
typedef struct {
  long pieces, piece;  // of each middle: their number and length
  long stripe;         // places of the middle, or rows where several fit, that are computed at once
  long rows_per_chunk; // where inner is one: (outer, piece) pairs that a task does
} vm_cut;

static vm_cut cut_of(const apus_vm_program *p) {
  vm_cut cut = {.pieces = 1, .piece = p->middle, .rows_per_chunk = 1};
  long share = most(CHUNK_LEAST, quotient_up(p->outer * p->middle * p->inner, CHUNKS_MOST));
  if (p->inner > 1) {
    cut.stripe = most(STRIPE / p->inner, 1);
    if (cut.stripe > 4) cut.stripe &= ~3L;
    // The pieces of the middle are what tasks share; each is a whole number of stripes.
    cut.piece = quotient_up(quotient_up(share, p->inner), cut.stripe) * cut.stripe;
    cut.pieces = quotient_up(p->middle, cut.piece);
    return cut;
  }
  if (p->middle > STRIPE) {
    cut.piece = STRIPE;
    cut.pieces = quotient_up(p->middle, STRIPE);
    cut.stripe = 1;
  } else {
    cut.stripe = STRIPE / p->middle;
    if (cut.stripe > VM_GROUP) cut.stripe &= ~(long)(VM_GROUP - 1); // tiles then have no rest
  }
  cut.rows_per_chunk = quotient_up(most(share / cut.piece, 1), cut.stripe) * cut.stripe;
  return cut;
}

static size_t partial_bytes(const apus_vm_program *p, const vm_cut *cut, int k) {
  size_t bytes = (size_t)(p->outer * cut->pieces * p->inner * apus_size_of(p->reduced[k].type));
  return (bytes + 63) & ~(size_t)63;
}

size_t apus_vm_scratch(const apus_vm_program *p) {
  vm_cut cut = p->reduced_count > 0 ? cut_of(p) : (vm_cut){.pieces = 1};
  if (cut.pieces == 1) return 0;
  size_t bytes = 0, more = 0;
  for (int k = 0; k < p->reduced_count; k++) {
    size_t again = apus_reduce_scratch(p->reduced[k].type, p->outer, cut.pieces, p->inner);
    bytes += partial_bytes(p, &cut, k);
    if (again > more) more = again;
  }
  return bytes + more;
}

typedef struct {
  const vm_plan *plan;
  vm_cut cut;
  const reduce_kernels *kernels[APUS_VM_MAX_REDUCED];
  apus_reduction reductions[APUS_VM_MAX_REDUCED];
  unsigned char *results[APUS_VM_MAX_REDUCED]; // [outer, pieces, inner]
} vm_reduced_job;

typedef struct {
  _Alignas(64) unsigned char tiles[VM_SCRATCH_BYTES];
  _Alignas(64) unsigned char stripes[APUS_VM_MAX_REDUCED][STRIPE * 8];
  _Alignas(64) unsigned char pair[2 * APUS_VM_INNER_BYTES_MOST];
} vm_reduced_scratch;

// Computes elements begin ..< end and says where each of what is reduced lies.
static void compute_stripe(vm_plan *plan, long begin, long end, unsigned char *tiles, const unsigned char **at) {
  const apus_vm_program *p = plan->program;
  for (int k = 0; k < p->reduced_count; k++) plan->targets[p->output_count + k].first = begin;
  vm_run_range(plan, begin, end, tiles);
  for (int k = 0; k < p->reduced_count; k++) {
    const vm_target *target = &plan->targets[p->output_count + k];
    const vm_register *r = &plan->registers[target->source];
    if (!target->skipped)
      at[k] = target->memory;
    else if (r->kind == REGISTER_DENSE)
      at[k] = (const unsigned char *)plan->inputs[target->source] + begin * r->size;
    else {
      const vm_target *other = &plan->targets[r->output];
      at[k] = other->memory + (begin - other->first) * other->size;
    }
  }
}

// Rows of the (outer, piece) pairs begin ..< end, where inner is one.
static void reduce_rows(const vm_reduced_job *job, vm_plan *plan, long begin, long end, vm_reduced_scratch *scratch) {
  const apus_vm_program *p = plan->program;
  const vm_cut *cut = &job->cut;
  for (long row = begin; row < end; row += cut->stripe) {
    long rows = least(cut->stripe, end - row);
    long o = row / cut->pieces, from = row % cut->pieces * cut->piece;
    // Several rows at once are whole ones.
    long length = least(cut->piece, p->middle - from), first = o * p->middle + from;
    const unsigned char *at[APUS_VM_MAX_REDUCED];
    compute_stripe(plan, first, first + rows * length, scratch->tiles, at);
    for (int k = 0; k < p->reduced_count; k++)
      job->kernels[k]->rows(job->reductions[k], rows, length, at[k],
                            job->results[k] + row * apus_size_of(p->reduced[k].type));
  }
}

static void reduce_columns(const vm_reduced_job *job, int k, long rows, const unsigned char *x, unsigned char *y) {
  const apus_vm_program *p = job->plan->program;
  long size = apus_size_of(p->reduced[k].type);
  for (long c = 0; c < p->inner; c += REDUCE_COLUMNS_MOST)
    job->kernels[k]->columns(job->reductions[k], rows, p->inner, least(REDUCE_COLUMNS_MOST, p->inner - c), x + c * size,
                             y + c * size);
}

// One piece of a middle, stripe after stripe added to its row of partial results.
static void reduce_piece(const vm_reduced_job *job, vm_plan *plan, long index, vm_reduced_scratch *scratch) {
  const apus_vm_program *p = plan->program;
  const vm_cut *cut = &job->cut;
  long o = index / cut->pieces, from = index % cut->pieces * cut->piece;
  long end = least(from + cut->piece, p->middle);
  for (long m = from; m < end; m += cut->stripe) {
    long rows = least(cut->stripe, end - m), first = (o * p->middle + m) * p->inner;
    const unsigned char *at[APUS_VM_MAX_REDUCED];
    compute_stripe(plan, first, first + rows * p->inner, scratch->tiles, at);
    for (int k = 0; k < p->reduced_count; k++) {
      size_t bytes = (size_t)(p->inner * apus_size_of(p->reduced[k].type));
      unsigned char *result = job->results[k] + (size_t)index * bytes;
      if (m == from) {
        reduce_columns(job, k, rows, at[k], result);
        continue;
      }
      memcpy(scratch->pair, result, bytes);
      reduce_columns(job, k, rows, at[k], scratch->pair + bytes);
      reduce_columns(job, k, 2, scratch->pair, result);
    }
  }
}

static void reduce_chunk(void *context, long index) {
  const vm_reduced_job *job = context;
  const apus_vm_program *p = job->plan->program;
  vm_reduced_scratch scratch;
  vm_plan plan = *job->plan; // the stripes lie in this task's memory
  for (int k = 0; k < p->reduced_count; k++) plan.targets[p->output_count + k].memory = scratch.stripes[k];
  vm_fill_lasting_tiles(&plan, scratch.tiles);
  if (p->inner > 1) {
    reduce_piece(job, &plan, index, &scratch);
    return;
  }
  long begin = index * job->cut.rows_per_chunk;
  reduce_rows(job, &plan, begin, least(begin + job->cut.rows_per_chunk, p->outer * job->cut.pieces), &scratch);
}

void vm_run_reduced(vm_plan *plan, void *const *results, void *scratch) {
  const apus_vm_program *p = plan->program;
  vm_reduced_job job = {.plan = plan, .cut = cut_of(p)};
  unsigned char *partial = scratch;
  for (int k = 0; k < p->reduced_count; k++) {
    apus_dtype dtype = p->reduced[k].type;
    job.reductions[k] = reduce_plain(p->reduced[k].reduction, dtype);
    job.kernels[k] = reduce_kernels_of(dtype, job.reductions[k] <= APUS_REDUCE_PRODUCT);
    job.results[k] = job.cut.pieces > 1 ? partial : results[k];
    if (job.cut.pieces > 1) partial += partial_bytes(p, &job.cut, k);
  }
  long chunks = p->outer * job.cut.pieces;
  if (p->inner == 1) chunks = quotient_up(chunks, job.cut.rows_per_chunk);
  apus_parallel(chunks, reduce_chunk, &job);
  for (int k = 0; k < p->reduced_count && job.cut.pieces > 1; k++)
    apus_reduce(p->reduced[k].reduction, p->reduced[k].type, p->outer, job.cut.pieces, p->inner, job.results[k],
                results[k], partial);
}
