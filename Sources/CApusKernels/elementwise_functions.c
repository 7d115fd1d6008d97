// Functions that the C library lacks, in double precision.
#include "elementwise_functions_private.h"
#include <math.h>

// Below TEN the recurrence psi(x) = psi(x + 1) - 1 / x leads up to where eight terms of the asymptotic series are
// exact.
double vm_digamma(double x) {
  const double pi = 3.14159265358979323846;
  if (x == 0) return copysign(INFINITY, -x);
  double sum = 0;
  if (x < 0) {
    if (x == floor(x)) return NAN;
    // psi(x) = psi(1 - x) - pi / tan(pi x), where the tangent has period 1 in x.
    sum = -pi / tan(pi * (x - rint(x)));
    x = 1 - x;
  }
  for (; x < 10; x++) sum -= 1 / x;
  if (isinf(x)) return x;
  double z = 1 / (x * x);
  // B(2k) / 2k for k = 7 ... 1, B being Bernoulli's numbers.
  double series = 1.0 / 12;
  series = series * z - 691.0 / 32760;
  series = series * z + 1.0 / 132;
  series = series * z - 1.0 / 240;
  series = series * z + 1.0 / 252;
  series = series * z - 1.0 / 120;
  series = series * z + 1.0 / 12;
  return sum + (log(x) - 0.5 / x - series * z);
}

// A first value good to half a percent, made exact by two steps of Halley's method, each of which triples the digits.
double vm_erf_inverse(double y) {
  const double half_root_pi = 0.88622692545275801365, quarter_pi = 0.78539816339744830962;
  double a = fabs(y);
  if (!(a < 1)) return a == 1 ? copysign(INFINITY, y) : NAN;
  if (a < 1e-8) return y * half_root_pi;
  double x;
  if (a < 0.5) {
    double t = quarter_pi * a * a; // the series in powers of pi a^2 / 4
    x = half_root_pi * a * (1 + t * (1.0 / 3 + t * (7.0 / 30 + t * (127.0 / 630))));
  } else {
    // Solves erf(x)^2 ~ 1 - exp(-x^2 (4 / pi + k x^2) / (1 + k x^2)) for x.
    const double k = 0.147;
    double logarithm = log((1 - a) * (1 + a)), middle = 0.5 / (quarter_pi * k) + 0.5 * logarithm;
    x = sqrt(sqrt(middle * middle - logarithm / k) - middle);
  }
  for (int step = 0; step < 2; step++) {
    // In the tail through erfc, where 1 - a is exact.
    double error = a < 0.5 ? erf(x) - a : (1 - a) - erfc(x);
    double newton = error * half_root_pi * exp(x * x);
    x -= newton / (1 + x * newton);
  }
  return copysign(x, y);
}

// The library's lgamma writes a global variable.
double vm_lgamma(double x) {
  int sign;
  return lgamma_r(x, &sign);
}
