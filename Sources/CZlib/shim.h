// zlib for ApusCompression: the two initialisers are macros, which Swift does not see.
#ifndef APUS_CZLIB_SHIM_H
#define APUS_CZLIB_SHIM_H

#include <zlib.h>

// 15 bits of window; 16 more ask for the gzip format instead of zlib's own.
static inline int apus_gzip_begin_decompression(z_stream *stream) { return inflateInit2(stream, 15 + 16); }

static inline int apus_gzip_begin_compression(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
