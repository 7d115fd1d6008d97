#include <string.h>

#include "convolution_private.h"

apus_source_columns apus_convolution_columns(const apus_convolution_shape *s) {
  // Rounded outward: a column too many does no harm.
  const long first = -s->pad_left;
  const long last = (s->out_w - 1) * s->stride_w + (s->kernel_w - 1) * s->dilation_w - s->pad_left;
  const long d = s->base_dilation_w;
  apus_source_columns columns = {first >= 0 ? first / d : -((-first + d - 1) / d),
                                 last >= 0 ? (last + d - 1) / d + 1 : -(-last / d) + 1, false};
  // Beyond a dilated x's last pixel nothing is read when the last tap falls short of the next.
  if (d > 1 && last >= 0) columns.end = last / d + 1;
  columns.inside = columns.begin >= 0 && columns.end <= s->in_w;
  return columns;
}

apus_range apus_convolution_rows(const apus_convolution_shape *s, long begin, long end) {
  apus_range rows = {s->in_h, 0};
  for (long out = begin; out < end; out++) {
    for (long ky = 0; ky < s->kernel_h; ky++) {
      long row;
      if (!apus_source_position(out, s->stride_h, ky, s->dilation_h, s->pad_top, s->base_dilation_h, &row)) continue;
      if (row < 0 || row >= s->in_h) continue;
      rows.begin = apus_smaller(rows.begin, row);
      rows.end = apus_larger(rows.end, row + 1);
    }
  }
  if (rows.end == 0) rows.begin = 0;
  return rows;
}

size_t apus_convolution_source_floats(const apus_convolution_shape *s, const apus_source_columns *columns, long rows) {
  if (columns->inside) return 0;
  const long reach = (rows - 1) * s->stride_h + (s->kernel_h - 1) * s->dilation_h;
  const long most = apus_smaller(s->in_h, reach / s->base_dilation_h + 1);
  return (size_t)(most * (columns->end - columns->begin) * s->in_channels);
}

apus_source_rows apus_convolution_source(const apus_convolution_shape *s, const apus_source_columns *columns,
                                         const float *image, apus_range rows, float *buffer) {
  if (columns->inside) return (apus_source_rows){image, 0, 0, s->in_w};
  const long wide = columns->end - columns->begin;
  const long copied_begin = apus_smaller(apus_larger(columns->begin, 0), s->in_w);
  const long copied_end = apus_larger(copied_begin, apus_smaller(columns->end, s->in_w));
  // Where x lies entirely to one side there is nothing but zeros.
  const long left = copied_end > copied_begin ? copied_begin - columns->begin : wide;
  const long middle = copied_end - copied_begin;
  const size_t pixel = (size_t)s->in_channels * sizeof(float);
  float *to = buffer;
  for (long row = rows.begin; row < rows.end; row++, to += wide * s->in_channels) {
    memset(to, 0, (size_t)left * pixel);
    memcpy(to + left * s->in_channels, image + (row * s->in_w + copied_begin) * s->in_channels, (size_t)middle * pixel);
    memset(to + (left + middle) * s->in_channels, 0, (size_t)(wide - left - middle) * pixel);
  }
  return (apus_source_rows){buffer, rows.begin, columns->begin, wide};
}
