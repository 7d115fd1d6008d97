// Statistics of the channels of a [rows, channels] array: chunks of rows apart from each other, then merged in order.
#include "apus_norm.h"
#include "apus_pool.h"
#include "norm_private.h"
#include "vector_types_private.h"
#include <string.h>

enum {
  CHANNEL_VECTORS = 4,             // vectors of columns whose sums are kept in registers
  STRIP = CHANNEL_VECTORS * LANES, // columns of a task
  BLOCK_ROWS = 64,                 // rows that the first-level cache holds of a strip
  CHUNK_ROWS = 256,                // rows of a task, at least
  CHUNKS_MOST = 64,
};

#define APUS_ISA_BODY "norm_channels_kernels.inc"
#include "each_isa.inc"

typedef struct {
  long rows, channels, chunk, chunks, strips;
  const float *g, *x, *mean;
  float *parts; // [chunks, 2, channels]
} channel_job;

static long quotient_up(long a, long b) { return (a + b - 1) / b; }
static long least(long a, long b) { return a < b ? a : b; }

static long chunk_of(long rows) {
  const long share = quotient_up(rows, CHUNKS_MOST);
  return quotient_up(share > CHUNK_ROWS ? share : CHUNK_ROWS, BLOCK_ROWS) * BLOCK_ROWS;
}

void apus_channel_strip(long rows, long channels, long begin, long end, const float *g, const float *x,
                        const float *mean, float *first, float *second) {
  ISA_SELECT(channel_strip)(rows, channels, begin, end, g, x, mean, first, second);
}

static void channel_task(void *context, long index) {
  const channel_job *job = context;
  const long chunk = index / job->strips, column = index % job->strips * STRIP, row = chunk * job->chunk;
  float *const first = job->parts + 2 * chunk * job->channels;
  const long skipped = row * job->channels;
  apus_channel_strip(least(job->chunk, job->rows - row), job->channels, column, least(column + STRIP, job->channels),
                     job->g ? job->g + skipped : NULL, job->x + skipped, job->mean, first, first + job->channels);
}

static channel_job run(long rows, long channels, const float *g, const float *x, const float *mean, void *scratch) {
  channel_job job = {
      .rows = rows, .channels = channels, .chunk = chunk_of(rows), .g = g, .x = x, .mean = mean, .parts = scratch};
  job.chunks = quotient_up(rows, job.chunk);
  job.strips = quotient_up(channels, STRIP);
  apus_parallel(job.chunks * job.strips, channel_task, &job);
  return job;
}

size_t apus_channel_scratch(long rows, long channels) {
  return 2 * (size_t)(quotient_up(rows, chunk_of(rows)) * channels) * sizeof(float);
}

void apus_channel_join_moments(long rows, long chunk, long channels, const float *parts, float *mean, float *squares) {
  memcpy(mean, parts, (size_t)channels * sizeof(float));
  memcpy(squares, parts + channels, (size_t)channels * sizeof(float));
  for (long begin = chunk; begin < rows; begin += chunk) {
    parts += 2 * channels;
    const float before = (float)begin, all = (float)least(begin + chunk, rows);
    const float share = (all - before) / all, factor = before * share;
    ELEMENTWISE_LOOP for (long c = 0; c < channels; c++) {
      const float step = parts[c] - mean[c];
      mean[c] += step * share;
      squares[c] += parts[channels + c] + step * step * factor;
    }
  }
}

void apus_channel_join_products(long chunks, long channels, const float *parts, float *sum, float *product) {
  memset(sum, 0, (size_t)channels * sizeof(float));
  memset(product, 0, (size_t)channels * sizeof(float));
  for (long chunk = 0; chunk < chunks; chunk++, parts += 2 * channels) {
    ELEMENTWISE_LOOP for (long c = 0; c < channels; c++) sum[c] += parts[c], product[c] += parts[channels + c];
  }
}

void apus_channel_moments_f32(long rows, long channels, const float *x, float *mean, float *variance, void *scratch) {
  if (channels == 0) return;
  if (rows == 0) {
    for (long c = 0; c < channels; c++) mean[c] = variance[c] = __builtin_nanf("");
    return;
  }
  const channel_job job = run(rows, channels, NULL, x, NULL, scratch);
  apus_channel_join_moments(rows, job.chunk, channels, job.parts, mean, variance);
  const float count = (float)rows;
  ELEMENTWISE_LOOP for (long c = 0; c < channels; c++) variance[c] /= count;
}

void apus_channel_products_f32(long rows, long channels, const float *g, const float *x, const float *mean, float *sum,
                               float *product, void *scratch) {
  if (channels == 0) return;
  const channel_job job = run(rows, channels, g, x, mean, scratch);
  apus_channel_join_products(job.chunks, channels, job.parts, sum, product);
}
