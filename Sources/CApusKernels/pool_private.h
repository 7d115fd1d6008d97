// What the kernels ask the pool beyond its public face.
#ifndef APUS_POOL_PRIVATE_H
#define APUS_POOL_PRIVATE_H

#include "apus_pool.h"

// The cores this process may run on: constant, whatever the number of threads is set to.
int apus_pool_cores(void);

#endif
