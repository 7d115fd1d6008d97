// Group normalisation, forward and gradient. The moments of a group are those of its channels put together, so that
// memory is read as it lies, whatever the groups.
#include "apus_norm.h"
#include "apus_pool.h"
#include "norm_private.h"
#include "vector_types_private.h"
#include <string.h>

#define APUS_ISA_BODY "norm_groups_kernels.inc"
#include "each_isa.inc"

enum {
  COLUMNS_ENOUGH = 64,   // few channels are taken as more, several positions at a time
  TASK_ELEMENTS = 32768, // of a task, about
  EXAMPLES_ENOUGH = 8,   // for a thread to do whole examples, whose parts it then finds in its cache
  SUM_COLUMNS = 256,     // of a task that adds up examples
};

// What is known of each column of an example.
typedef enum { MEAN, SCALE, BIAS, FORWARD_KINDS, SUM = FORWARD_KINDS, PRODUCT, COTANGENT, KINDS } kind;

typedef struct {
  long batch, channels, groups;
  long fold, rows, columns; // an example is [rows, columns] = [positions / fold, fold * channels]
  long chunk, chunks;       // of rows
  int kinds;
  float epsilon;
  const float *x, *g, *weight, *bias;
  float *y;             // or the gradient of x
  float *parts;         // [batch, chunks, 2, columns]: moments, then products
  float *columns_known; // [batch, kinds, columns]
  float *weight_gradient, *bias_gradient;
} group_job;

static long quotient_up(long a, long b) { return (a + b - 1) / b; }
static long least(long a, long b) { return a < b ? a : b; }

static group_job job_of(long batch, long positions, long channels, long groups, int kinds, void *scratch) {
  group_job job = {.batch = batch, .channels = channels, .groups = groups, .fold = 1, .kinds = kinds};
  while (2 * job.fold * channels <= COLUMNS_ENOUGH && positions % (2 * job.fold) == 0) job.fold *= 2;
  job.rows = positions / job.fold;
  job.columns = channels * job.fold;
  job.chunk = quotient_up(TASK_ELEMENTS, job.columns);
  job.chunks = quotient_up(job.rows, job.chunk);
  job.parts = scratch;
  job.columns_known = job.parts + 2 * batch * job.chunks * job.columns;
  return job;
}

static size_t scratch_of(long batch, long positions, long channels, int kinds) {
  if (channels == 0) return 0;
  const group_job job = job_of(batch, positions, channels, 1, kinds, NULL);
  return (size_t)(batch * (2 * job.chunks + kinds) * job.columns) * sizeof(float);
}

static float *parts_of(const group_job *job, long example, long chunk) {
  return job->parts + 2 * (example * job->chunks + chunk) * job->columns;
}

static float *known(const group_job *job, long example, kind which) {
  return job->columns_known + (example * job->kinds + which) * job->columns;
}

// The chunk's first element, and how many rows it has.
static long chunk_begin(const group_job *job, long example, long chunk, long *rows) {
  *rows = least(job->chunk, job->rows - chunk * job->chunk);
  return (example * job->rows + chunk * job->chunk) * job->columns;
}

static void take_moments(const group_job *job, long example, long chunk) {
  long rows;
  const float *x = job->x + chunk_begin(job, example, chunk, &rows);
  float *part = parts_of(job, example, chunk);
  apus_channel_strip(rows, job->columns, 0, job->columns, NULL, x, NULL, part, part + job->columns);
}

// For each column of a group: there are `fold` of each channel.
#define FOR_COLUMNS(job, group, c)                                                                                     \
  for (long copy = 0, each = (job)->channels / (job)->groups; copy < (job)->fold; copy++)                              \
    for (long c = copy * (job)->channels + (group)*each, end = c + each; c < end; c++)

static double elements_of_group(const group_job *job) {
  return (double)(job->rows * job->fold) * (double)(job->channels / job->groups);
}

static void join_moments(const group_job *job, long example, long chunk) {
  (void)chunk;
  float *mean = known(job, example, MEAN), *scale = known(job, example, SCALE), *bias = known(job, example, BIAS);
  apus_channel_join_moments(job->rows, job->chunk, job->columns, parts_of(job, example, 0), mean, scale);
  const double count = (double)job->rows, all = elements_of_group(job);
  for (long group = 0; group < job->groups; group++) {
    double middle = 0, squares = 0;
    FOR_COLUMNS(job, group, c) middle += (double)mean[c];
    middle *= count / all;
    FOR_COLUMNS(job, group, c) {
      const double step = (double)mean[c] - middle;
      squares += (double)scale[c] + count * step * step;
    }
    const float inverse = (float)(1 / __builtin_sqrt(squares / all + (double)job->epsilon));
    FOR_COLUMNS(job, group, c) {
      const long channel = c - copy * job->channels;
      mean[c] = (float)middle;
      scale[c] = job->g || !job->weight ? inverse : inverse * job->weight[channel];
      bias[c] = job->bias ? job->bias[channel] : 0;
    }
  }
}

static void normalize(const group_job *job, long example, long chunk) {
  long rows;
  const long begin = chunk_begin(job, example, chunk, &rows);
  ISA_SELECT(group_rows)
  (rows, job->columns, job->x + begin, known(job, example, MEAN), known(job, example, SCALE), known(job, example, BIAS),
   job->y + begin);
}

static void take_products(const group_job *job, long example, long chunk) {
  long rows;
  const long begin = chunk_begin(job, example, chunk, &rows);
  float *part = parts_of(job, example, chunk);
  apus_channel_strip(rows, job->columns, 0, job->columns, job->g + begin, job->x + begin, known(job, example, MEAN),
                     part, part + job->columns);
}

// The gradient of x is a linear function of cotangent and deviation, in each column.
static void join_products(const group_job *job, long example, long chunk) {
  (void)chunk;
  float *sum = known(job, example, SUM), *product = known(job, example, PRODUCT);
  float *deviation = known(job, example, SCALE), *offset = known(job, example, BIAS);
  float *cotangent = known(job, example, COTANGENT);
  apus_channel_join_products(job->chunks, job->columns, parts_of(job, example, 0), sum, product);
  const double all = elements_of_group(job);
  for (long group = 0; group < job->groups; group++) {
    const float inverse = deviation[group * (job->channels / job->groups)];
    double sums = 0, products = 0;
    FOR_COLUMNS(job, group, c) {
      const float weight = job->weight ? job->weight[c - copy * job->channels] : 1;
      product[c] *= inverse;
      cotangent[c] = inverse * weight;
      sums += (double)(cotangent[c] * sum[c]);
      products += (double)(cotangent[c] * product[c]);
    }
    const float slope = (float)(-products / all) * inverse, shift = (float)(-sums / all);
    FOR_COLUMNS(job, group, c) deviation[c] = slope, offset[c] = shift;
  }
}

static void apply_gradient(const group_job *job, long example, long chunk) {
  long rows;
  const long begin = chunk_begin(job, example, chunk, &rows);
  ISA_SELECT(group_rows_gradient)
  (rows, job->columns, job->x + begin, job->g + begin, known(job, example, MEAN), known(job, example, SCALE),
   known(job, example, COTANGENT), known(job, example, BIAS), job->y + begin);
}

// What is done to an example one after the other: to each of its chunks, or once.
typedef struct {
  void (*work)(const group_job *job, long example, long chunk);
  bool by_chunk;
} group_stage;

static const group_stage forward_stages[] = {
    {take_moments, true}, {join_moments, false}, {normalize, true}, {NULL, false}};
static const group_stage gradient_stages[] = {{take_moments, true},   {join_moments, false},  {take_products, true},
                                              {join_products, false}, {apply_gradient, true}, {NULL, false}};

typedef struct {
  const group_job *job;
  const group_stage *stages;
  long per_task; // examples
} group_run;

static long pieces(const group_job *job, const group_stage *stage) { return stage->by_chunk ? job->chunks : 1; }

static void examples_task(void *context, long index) {
  const group_run *run = context;
  const long end = least((index + 1) * run->per_task, run->job->batch);
  for (long example = index * run->per_task; example < end; example++) {
    for (const group_stage *stage = run->stages; stage->work; stage++) {
      for (long chunk = 0; chunk < pieces(run->job, stage); chunk++) stage->work(run->job, example, chunk);
    }
  }
}

static void stage_task(void *context, long index) {
  const group_run *run = context;
  const long count = pieces(run->job, run->stages);
  run->stages->work(run->job, index / count, index % count);
}

// Either way the same is computed.
static void do_stages(const group_job *job, const group_stage *stages) {
  group_run run = {job, stages, TASK_ELEMENTS / (job->rows * job->columns) + 1};
  if (job->batch >= EXAMPLES_ENOUGH) {
    apus_parallel(quotient_up(job->batch, run.per_task), examples_task, &run);
    return;
  }
  for (; run.stages->work; run.stages++) apus_parallel(job->batch * pieces(job, run.stages), stage_task, &run);
}

size_t apus_norm_groups_f32_scratch(long batch, long positions, long channels) {
  return scratch_of(batch, positions, channels, FORWARD_KINDS);
}

void apus_norm_groups_f32(long batch, long positions, long channels, long groups, float epsilon, const float *x,
                          const float *weight, const float *bias, float *y, void *scratch) {
  if (batch * positions * channels == 0) return;
  group_job job = job_of(batch, positions, channels, groups, FORWARD_KINDS, scratch);
  job.epsilon = epsilon, job.x = x, job.weight = weight, job.bias = bias, job.y = y;
  do_stages(&job, forward_stages);
}

// Some columns of the gradients of weight and bias, all examples in order.
static void sum_task(void *context, long index) {
  const group_job *job = context;
  const long begin = index * SUM_COLUMNS, end = least(begin + SUM_COLUMNS, job->channels);
  const kind kinds[2] = {PRODUCT, SUM};
  float *const sums[2] = {job->weight_gradient, job->bias_gradient};
  for (int which = 0; which < 2; which++) {
    if (!sums[which]) continue;
    memset(sums[which] + begin, 0, (size_t)(end - begin) * sizeof(float));
    for (long row = 0; row < job->batch * job->fold; row++) {
      const float *from = known(job, row / job->fold, kinds[which]) + row % job->fold * job->channels;
      ELEMENTWISE_LOOP for (long c = begin; c < end; c++) sums[which][c] += from[c];
    }
  }
}

size_t apus_norm_groups_gradient_f32_scratch(long batch, long positions, long channels) {
  return scratch_of(batch, positions, channels, KINDS);
}

void apus_norm_groups_gradient_f32(long batch, long positions, long channels, long groups, float epsilon,
                                   const float *x, const float *g, const float *weight, float *dx,
                                   float *weight_gradient, float *bias_gradient, void *scratch) {
  if (channels == 0) return;
  group_job job = job_of(batch, positions, channels, groups, KINDS, scratch);
  job.epsilon = epsilon, job.x = x, job.g = g, job.weight = weight, job.y = dx;
  job.weight_gradient = weight_gradient, job.bias_gradient = bias_gradient;
  if (positions == 0) job.batch = 0;
  if (job.batch > 0) do_stages(&job, gradient_stages);
  if (weight_gradient || bias_gradient) apus_parallel(quotient_up(channels, SUM_COLUMNS), sum_task, &job);
}
