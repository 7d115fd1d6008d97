// Clp for ApusLinearPrograms: COIN-OR's simplex methods.
#ifndef APUS_CCLP_SHIM_H
#define APUS_CCLP_SHIM_H

#include <coin/Clp_C_Interface.h>

#endif
