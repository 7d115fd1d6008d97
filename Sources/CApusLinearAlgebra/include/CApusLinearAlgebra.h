// The arithmetic of ApusLinearAlgebra over raw pointers: LAPACK's factorizations, and Fourier transforms.
#ifndef CAPUSLINEARALGEBRA_H
#define CAPUSLINEARALGEBRA_H

#include "apus_factorizations.h"
#include "apus_fourier.h"

#endif
