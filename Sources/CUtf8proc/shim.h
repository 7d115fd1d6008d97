// utf8proc for ApusTokenizers: Unicode's normal forms.
#ifndef APUS_CUTF8PROC_SHIM_H
#define APUS_CUTF8PROC_SHIM_H

#include <stdbool.h>
#include <utf8proc.h>

// The code points of UTF-8 text, decomposed and, if wanted, composed again. Returns how many there are, which may be
// more than `capacity`: then `result` holds nothing of use. Negative where the text is no UTF-8.
static inline utf8proc_ssize_t apus_unicode_normalise(bool is_compatible, bool is_composed,
                                                      const utf8proc_uint8_t *text, utf8proc_ssize_t bytes,
                                                      utf8proc_int32_t *result, utf8proc_ssize_t capacity) {
  utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;
  if (is_compatible) options |= UTF8PROC_COMPAT;
  utf8proc_ssize_t count = utf8proc_decompose(text, bytes, result, capacity, options);
  if (count < 0 || count > capacity || !is_composed) return count;
  return utf8proc_normalize_utf32(result, count, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

#endif
