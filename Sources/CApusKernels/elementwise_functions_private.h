// Functions that the C library lacks.
#ifndef APUS_ELEMENTWISE_FUNCTIONS_PRIVATE_H
#define APUS_ELEMENTWISE_FUNCTIONS_PRIVATE_H

double vm_digamma(double x);     // NaN at the poles -1, -2, ...; -infinity at 0, infinity at -0
double vm_erf_inverse(double y); // NaN outside -1 ... 1
double vm_lgamma(double x);      // log |gamma(x)|

#endif
