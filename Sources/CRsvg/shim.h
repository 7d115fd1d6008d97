// librsvg and cairo for ApusRasterizer: SVG text to the bytes of a PNG file.
#ifndef APUS_CRSVG_SHIM_H
#define APUS_CRSVG_SHIM_H

#include <cairo.h>
#include <glib-object.h>
#include <stdlib.h>
#include <string.h>

// What is used of librsvg/rsvg.h (2.46 and later): its package asks the compiler for -pthread, which SwiftPM refuses
// with a warning; that of cairo, whose flags find these headers, does not.
typedef struct _RsvgHandle RsvgHandle;
typedef struct {
  double x, y, width, height;
} RsvgRectangle;
RsvgHandle *rsvg_handle_new_from_data(const guint8 *data, gsize count, GError **error);
gboolean rsvg_handle_render_document(RsvgHandle *handle, cairo_t *context, const RsvgRectangle *viewport,
                                     GError **error);

typedef struct {
  unsigned char *bytes;
  size_t count, capacity;
  // Empty unless something failed.
  char message[256];
} apus_png_result;

static inline void apus_rsvg_fail(apus_png_result *result, const char *message) {
  strncpy(result->message, message, sizeof result->message - 1);
}

static inline cairo_status_t apus_rsvg_append(void *closure, const unsigned char *data, unsigned int length) {
  apus_png_result *result = (apus_png_result *)closure;
  if (result->count + length > result->capacity) {
    size_t capacity = 2 * (result->count + length);
    unsigned char *bytes = (unsigned char *)realloc(result->bytes, capacity);
    if (!bytes) return CAIRO_STATUS_NO_MEMORY;
    result->bytes = bytes;
    result->capacity = capacity;
  }
  memcpy(result->bytes + result->count, data, length);
  result->count += length;
  return CAIRO_STATUS_SUCCESS;
}

// Renders into width x height pixels on white. The caller frees `bytes`.
static inline apus_png_result apus_rsvg_render(const void *svg, size_t count, int width, int height) {
  apus_png_result result;
  memset(&result, 0, sizeof result);
  GError *error = NULL;
  RsvgHandle *handle = rsvg_handle_new_from_data((const guint8 *)svg, count, &error);
  if (!handle) {
    apus_rsvg_fail(&result, error ? error->message : "not an SVG document");
    g_clear_error(&error);
    return result;
  }
  cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
  cairo_t *context = cairo_create(surface);
  cairo_set_source_rgb(context, 1, 1, 1);
  cairo_paint(context);
  RsvgRectangle viewport = {0, 0, (double)width, (double)height};
  if (!rsvg_handle_render_document(handle, context, &viewport, &error)) {
    apus_rsvg_fail(&result, error ? error->message : "cannot be drawn");
    g_clear_error(&error);
  } else {
    cairo_status_t status = cairo_status(context);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_write_to_png_stream(surface, apus_rsvg_append, &result);
    if (status != CAIRO_STATUS_SUCCESS) apus_rsvg_fail(&result, cairo_status_to_string(status));
  }
  cairo_destroy(context);
  cairo_surface_destroy(surface);
  g_object_unref(handle);
  return result;
}

#endif
