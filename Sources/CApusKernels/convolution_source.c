#include <string.h>

#include "convolution_private.h"

apus_source_columns apus_convolution_columns(const apus_convolution_shape *s) {
  // Rounded outward: a column too many does no harm.
  const long first = -s->pad_left;
  const long last = (s->out_w - 1) * s->stride_w + (s->kernel_w - 1) * s->dilation_w - s->pad_left;
  const long d = s->base_dilation_w;
  apus_source_columns columns = {first >= 0 ? first / d : -((-first + d - 1) / d),
                                 last >= 0 ? (last + d - 1) / d + 1 : -(-last / d) + 1, false};
  // Beyond a dilated x's last pixel nothing is read when the last tap falls
  // short of the next.
  if (d > 1 && last >= 0) columns.end = last / d + 1;
  columns.inside = columns.begin >= 0 && columns.end <= s->in_w && s->x_pixel == s->in_channels;
  return columns;
}

apus_range apus_convolution_rows(const apus_convolution_shape *s, long begin, long end) {
  const long first = begin * s->stride_h - s->pad_top;
  const long last = (end - 1) * s->stride_h + (s->kernel_h - 1) * s->dilation_h - s->pad_top;
  // Of a dilated x, row r is at r * base_dilation: rounded up at the beginning,
  // down at the end.
  apus_range rows = {first > 0 ? apus_ceiling_divide(first, s->base_dilation_h) : 0,
                     last >= 0 ? apus_smaller(s->in_h, last / s->base_dilation_h + 1) : 0};
  if (rows.begin >= rows.end) return (apus_range){0, 0};
  return rows;
}

size_t apus_convolution_source_floats(const apus_convolution_shape *s, const apus_source_columns *columns, long rows) {
  if (columns->inside) return 0;
  const long reach = (rows - 1) * s->stride_h + (s->kernel_h - 1) * s->dilation_h;
  const long most = apus_smaller(s->in_h, reach / s->base_dilation_h + 1);
  return (size_t)(most * (columns->end - columns->begin) * s->in_channels);
}

// The ends of rows are often so short that a call of memset would take most of
// the time.
static float *put_zeros(float *to, long count) {
  enum { FEW = 16 };
  if (count > FEW) {
    memset(to, 0, (size_t)count * sizeof(float));
    return to + count;
  }
  for (long i = 0; i < count; i++) *to++ = 0;
  return to;
}

// Likewise the channels of a group.
static void copy_few(float *to, const float *from, long count) {
  enum { AT_ONCE = 4 };
  for (; count >= AT_ONCE; count -= AT_ONCE, to += AT_ONCE, from += AT_ONCE) memcpy(to, from, AT_ONCE * sizeof(float));
  for (long i = 0; i < count; i++) to[i] = from[i];
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
  const long channels = s->in_channels, right = wide - left - middle;
  float *to = buffer;
  for (long row = rows.begin; row < rows.end; row++) {
    to = put_zeros(to, left * channels);
    const float *from = image + (row * s->in_w + copied_begin) * s->x_pixel;
    if (s->x_pixel == channels) {
      memcpy(to, from, (size_t)(middle * channels) * sizeof(float));
    } else {
      for (long i = 0; i < middle; i++) copy_few(to + i * channels, from + i * s->x_pixel, channels);
    }
    to = put_zeros(to + middle * channels, right * channels);
  }
  return (apus_source_rows){buffer, rows.begin, columns->begin, wide};
}
