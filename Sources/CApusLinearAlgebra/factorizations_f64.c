#include "factorizations_private.h"

#define REAL double
#define NAME(function) d##function##_
#define FN(name) name##_f64

#include "factorizations.inc"
#include "matrix_functions.inc"
