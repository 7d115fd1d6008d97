// libpng for ApusImages: its simplified interface, which reports errors without longjmp.
#ifndef APUS_CPNG_SHIM_H
#define APUS_CPNG_SHIM_H

#include <png.h>
#include <string.h>

static inline void apus_png_initialise(png_image *image) {
  memset(image, 0, sizeof *image);
  image->version = PNG_IMAGE_VERSION;
}

// The text of the last error or warning.
static inline const char *apus_png_message(const png_image *image) { return image->message; }

static inline int apus_png_has_failed(const png_image *image) { return PNG_IMAGE_FAILED(*image); }

// Keep 16-bit samples as they are shown, not as linear light, when the file does not say which they are.
static inline void apus_png_assume_srgb(png_image *image) { image->flags |= PNG_IMAGE_FLAG_16BIT_sRGB; }

static inline png_uint_32 apus_png_format(int has_color, int has_alpha) {
  return (has_color ? PNG_FORMAT_FLAG_COLOR : 0u) | (has_alpha ? PNG_FORMAT_FLAG_ALPHA : 0u);
}

static inline int apus_png_has_color(const png_image *image) { return (image->format & PNG_FORMAT_FLAG_COLOR) != 0; }

static inline int apus_png_has_alpha(const png_image *image) { return (image->format & PNG_FORMAT_FLAG_ALPHA) != 0; }

#endif
