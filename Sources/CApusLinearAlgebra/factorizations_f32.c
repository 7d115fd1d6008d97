#include "factorizations_private.h"

#define REAL float
#define SINGLE
#define NAME(function) s##function##_
#define FN(name) name##_f32

#include "factorizations.inc"
#include "matrix_functions.inc"
