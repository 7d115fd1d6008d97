// Radices and tables of a transform. Tables are made in double precision.
#include "fourier_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// exp(-2 pi i k / n), the angle brought into the first eighth of the circle, where sine and cosine are exact to the
// last place.
static void root_of_unity(size_t k, size_t n, double *re, double *im) {
  k %= n;
  bool below = 2 * k > n;
  if (below) k = n - k;
  bool left = 4 * k > n;
  if (left) k = n - 2 * k; // in halves: the angle is pi k / n from now on
  double angle = 3.141592653589793238462643 * (double)(left ? k : 2 * k) / (double)n;
  bool steep = angle > 0.78539816339744830961566;
  // pi / 2 - angle without its rounding.
  if (steep) angle = 1.570796326794896619231322 * ((double)n - 2 * (double)(left ? k : 2 * k)) / (double)n;
  double c = steep ? sin(angle) : cos(angle), s = steep ? cos(angle) : sin(angle);
  *re = left ? -c : c;
  *im = below ? s : -s;
}

typedef struct {
  void *memory;
  size_t used;
  bool is_double;
} table;

static void *reserve(table *table, size_t count) {
  void *place = (char *)table->memory + table->used;
  table->used += (count * (table->is_double ? 8 : 4) + 63) / 64 * 64;
  return place;
}

static void set(const table *table, void *array, size_t index, double value) {
  if (table->is_double) {
    ((double *)array)[index] = value;
  } else {
    ((float *)array)[index] = (float)value;
  }
}

// The radices, 8 and 4 first; 0 if a factor is larger than 13.
static int radices(size_t n, size_t radix[64]) {
  static const size_t odd[] = {3, 5, 7, 11, 13};
  int count = 0;
  int twos = 0;
  for (; n % 2 == 0; n /= 2) twos++;
  // A single transform does its first two passes over short runs best with radix 4.
  if (twos >= 4) {
    radix[count++] = 4;
    twos -= 2;
  }
  for (; twos > 4 || twos == 3; twos -= 3) radix[count++] = 8;
  for (; twos >= 2; twos -= 2) radix[count++] = 4;
  if (twos > 0) radix[count++] = 2;
  for (int i = 0; i < 5; i++)
    for (; n % odd[i] == 0; n /= odd[i]) radix[count++] = odd[i];
  return n == 1 ? count : -1;
}

// The least product of 2, 3 and 5 that is not below n, with enough twos that the first passes run by radix 4 and 8.
static size_t good_length(size_t n) {
  size_t twos = n >= 64 ? 32 : 1, best = twos;
  while (best < n) best *= 2;
  for (size_t fives = twos; fives < best; fives *= 5)
    for (size_t threes = fives; threes < best; threes *= 3) {
      size_t candidate = threes;
      while (candidate < n) candidate *= 2;
      if (candidate < best) best = candidate;
    }
  return best;
}

static void make_stages(apus_fourier_plan *plan, const size_t *radix, int count, table *table) {
  size_t n = plan->length;
  plan->stages = count;
  for (int i = 0; i < count; i++) {
    size_t r = radix[i], m = n / r;
    void *re = reserve(table, (r - 1) * m), *im = reserve(table, (r - 1) * m);
    for (size_t j = 1; j < r; j++)
      for (size_t p = 0; p < m; p++) {
        double c, s;
        root_of_unity(j * p, n, &c, &s);
        set(table, re, (j - 1) * m + p, c);
        set(table, im, (j - 1) * m + p, s);
      }
    plan->stage[i] = (fourier_stage){r, m, re, im};
    n = m;
  }
}

static void make_bluestein(apus_fourier_plan *plan, table *table) {
  size_t n = plan->length, size = plan->convolution->length;
  void *cr = reserve(table, n), *ci = reserve(table, n), *sr = reserve(table, size), *si = reserve(table, size);
  double *re = fourier_allocate(4 * size * sizeof(double)), *im = re + size, *scratch = im + size;
  memset(re, 0, 2 * size * sizeof(double));
  // exp(-pi i k^2 / n); k^2 modulo 2n by its differences, which cannot overflow.
  size_t square = 0;
  for (size_t k = 0; k < n; k++) {
    double c, s;
    root_of_unity(square, 2 * n, &c, &s);
    set(table, cr, k, c);
    set(table, ci, k, s);
    // The transform back is not scaled: this is.
    re[k] = re[(size - k) % size] = c / (double)size;
    im[k] = im[(size - k) % size] = -s / (double)size;
    square = (square + 2 * k + 1) % (2 * n);
  }
  apus_fourier_plan *exact = table->is_double ? plan->convolution : apus_fourier_plan_make(size, false, true);
  fourier_kernels_for_cpu()->run_f64(exact, 1, re, im, scratch);
  if (exact != plan->convolution) apus_fourier_plan_free(exact);
  for (size_t k = 0; k < size; k++) {
    set(table, sr, k, re[k]);
    set(table, si, k, im[k]);
  }
  free(re);
  plan->chirp_re = cr;
  plan->chirp_im = ci;
  plan->spectrum_re = sr;
  plan->spectrum_im = si;
}

apus_fourier_plan *apus_fourier_plan_make(size_t size, bool real, bool is_double) {
  apus_fourier_plan *plan = fourier_allocate(sizeof(apus_fourier_plan));
  memset(plan, 0, sizeof(apus_fourier_plan));
  plan->size = size;
  plan->real = real;
  bool halved = real && size % 2 == 0;
  plan->length = halved ? size / 2 : size;
  size_t radix[64];
  int count = radices(plan->length, radix);
  if (count < 0) plan->convolution = apus_fourier_plan_make(good_length(2 * plan->length - 1), false, is_double);
  // Of the stages: 2 (n - m) + 2 (m - m') + ... numbers; each table begins on a line of its own.
  size_t numbers = 2 * plan->length + (halved ? 2 * (plan->length + 1) : 0);
  if (plan->convolution != NULL) numbers += 2 * plan->convolution->length;
  table table = {fourier_allocate(numbers * (is_double ? 8 : 4) + 64 * 140), 0, is_double};
  plan->memory = table.memory;
  if (halved) {
    void *re = reserve(&table, plan->length + 1), *im = reserve(&table, plan->length + 1);
    for (size_t k = 0; k <= plan->length; k++) {
      double c, s;
      root_of_unity(k, size, &c, &s);
      set(&table, re, k, c);
      set(&table, im, k, s);
    }
    plan->half_re = re;
    plan->half_im = im;
  }
  if (plan->convolution != NULL) {
    make_bluestein(plan, &table);
  } else {
    make_stages(plan, radix, count, &table);
  }
  return plan;
}

void apus_fourier_plan_free(apus_fourier_plan *plan) {
  if (plan == NULL) return;
  apus_fourier_plan_free(plan->convolution);
  free(plan->memory);
  free(plan);
}
