// What recurrent cells do around their matrix products, forward and gradient, each as one pass.
#ifndef APUS_RECURRENT_H
#define APUS_RECURRENT_H

#include "apus_types.h"

// Element (i, j) is values[i * row + j * column]; column is 1, or 0 where a row has one value for all.
typedef struct {
  const float *values;
  long row, column;
} apus_rows;

// One step of a long short-term memory after its product. sums: [rows, 4 * hidden], the gates before their activations
// in the order input, forget, cell, output; cell: [rows, hidden]. Writes the hidden and the cell state and the gates
// after their activations, dense.
void apus_lstm_update_f32(long rows, long hidden, apus_rows sums, apus_rows cell, float *next_hidden, float *next_cell,
                          float *gates);

typedef struct {
  apus_rows gates;                            // after their activations
  apus_rows cell, next_cell;                  // before and after the step
  apus_rows hidden_cotangent, cell_cotangent; // of the states after the step
  apus_rows gates_cotangent;                  // of the gates
} apus_lstm_gradient;

// The gradients of the gates before their activations [rows, 4 * hidden] and of the cell state [rows, hidden].
void apus_lstm_gradient_f32(long rows, long hidden, const apus_lstm_gradient *of, float *sums, float *cell);

// One step of a gated recurrent unit. inputs and products: [rows, 3 * hidden], the shares of the input and of the
// hidden state in the gates reset, update, new. Writes the next hidden state and [rows, 4 * hidden]: the gates after
// their activations, and the hidden state's share of the new gate.
void apus_gru_update_f32(long rows, long hidden, apus_rows inputs, apus_rows products, apus_rows state, float *next,
                         float *gates);

typedef struct {
  apus_rows gates; // as apus_gru_update_f32 writes them
  apus_rows state; // before the step
  apus_rows cotangent, gates_cotangent;
} apus_gru_gradient;

// The gradients of both shares of the gates [rows, 3 * hidden] and of the state [rows, hidden] on its way past them.
void apus_gru_gradient_f32(long rows, long hidden, const apus_gru_gradient *of, float *inputs, float *products,
                           float *state);

#endif
