#ifndef APUS_SCAN_H
#define APUS_SCAN_H
#include "apus_types.h"
typedef enum { APUS_CUMULATIVE_SUM, APUS_CUMULATIVE_PRODUCT, APUS_CUMULATIVE_MAX, APUS_CUMULATIVE_MIN } apus_cumulative;
void apus_cumulative_run(apus_cumulative kind, apus_dtype dtype, long outer, long length, long inner, bool reversed,
                         const void *x, void *y);
#endif
