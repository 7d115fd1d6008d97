// The CPU's arithmetic over raw pointers. Knows no graph and allocates nothing on the hot path: scratch memory is the
// caller's, sized by the matching `..._scratch` function.
#ifndef CAPUSKERNELS_H
#define CAPUSKERNELS_H

#include "apus_attention.h"
#include "apus_convolution.h"
#include "apus_copy.h"
#include "apus_decision.h"
#include "apus_elementwise.h"
#include "apus_index.h"
#include "apus_isa.h"
#include "apus_loss.h"
#include "apus_matmul.h"
#include "apus_norm.h"
#include "apus_optimizer.h"
#include "apus_pool.h"
#include "apus_random.h"
#include "apus_recurrent.h"
#include "apus_reduce.h"
#include "apus_scan.h"
#include "apus_softmax.h"
#include "apus_sort.h"
#include "apus_types.h"
#include "apus_window.h"
#include "apus_word_vectors.h"

#endif
