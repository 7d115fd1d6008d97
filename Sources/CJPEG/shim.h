// libjpeg-turbo for ApusImages. The library reports errors by a jump out of whatever it is doing: each function here
// makes one whole pass over a file, so that the jump stays inside of C and never crosses a frame of Swift.
#ifndef APUS_CJPEG_SHIM_H
#define APUS_CJPEG_SHIM_H

#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

// What is known of a file, and the text of the error that ended its reading.
typedef struct {
  int width;
  int height;
  // 1 gray or 3 red, green and blue, whatever the file holds; 0 when it holds nothing of the kind.
  int channels;
  char message[JMSG_LENGTH_MAX];
} apus_jpeg_info;

typedef struct {
  struct jpeg_error_mgr manager;
  jmp_buf target;
  char *message;
} apus_jpeg_errors;

static inline void apus_jpeg_fail(j_common_ptr state) {
  apus_jpeg_errors *errors = (apus_jpeg_errors *)state->err;
  errors->manager.format_message(state, errors->message);
  longjmp(errors->target, 1);
}

// Warnings that say that a part of the picture is missing or invented count as errors; the others are ignored.
static inline void apus_jpeg_warn(j_common_ptr state, int level) {
  if (level >= 0) return;
  switch (state->err->msg_code) {
  case JWRN_EXTRANEOUS_DATA:
  case JWRN_ADOBE_XFORM:
  case JWRN_JFIF_MAJOR:
  case JWRN_TOO_MUCH_DATA:
    return;
  default:
    apus_jpeg_fail(state);
  }
}

// A progressive file can ask for the whole picture to be gone through again with every few bytes.
static inline void apus_jpeg_limit_scans(j_common_ptr state) {
  if (state->is_decompressor && ((j_decompress_ptr)state)->input_scan_number > 500) {
    state->err->msg_code = JERR_BAD_PROGRESSION;
    state->err->msg_parm.i[0] = 0, state->err->msg_parm.i[1] = 0, state->err->msg_parm.i[2] = 0,
    state->err->msg_parm.i[3] = 0;
    apus_jpeg_fail(state);
  }
}

static inline void apus_jpeg_prepare(apus_jpeg_errors *errors, char *message) {
  memset(errors, 0, sizeof *errors);
  jpeg_std_error(&errors->manager);
  errors->manager.error_exit = apus_jpeg_fail;
  errors->manager.emit_message = apus_jpeg_warn;
  errors->message = message;
}

// Ink on white paper as light: red is what neither cyan nor black takes away.
static inline void apus_jpeg_rgb_from_cmyk(const JSAMPLE *source, JSAMPLE *target, int width, int is_inverted) {
  for (int x = 0; x < width; x++) {
    unsigned light = is_inverted ? source[4 * x + 3] : 255u - source[4 * x + 3];
    for (int c = 0; c < 3; c++) {
      unsigned ink = is_inverted ? 255u - source[4 * x + c] : source[4 * x + c];
      unsigned product = ink * light + 128;
      target[3 * x + c] = (JSAMPLE)(light - ((product + (product >> 8)) >> 8));
    }
  }
}

// Reads the header and, unless `pixels` is null, the picture: `height * width * channels` samples.
// Returns 0 and sets the message when the file is not one, or is damaged.
__attribute__((noinline)) static int apus_jpeg_read(const unsigned char *bytes, size_t count, apus_jpeg_info *info,
                                                    unsigned char *pixels) {
  struct jpeg_decompress_struct state;
  struct jpeg_progress_mgr progress;
  apus_jpeg_errors errors;
  memset(&state, 0, sizeof state);
  memset(&progress, 0, sizeof progress);
  memset(info, 0, sizeof *info);
  apus_jpeg_prepare(&errors, info->message);
  state.err = &errors.manager;
  if (setjmp(errors.target) != 0) {
    jpeg_destroy_decompress(&state);
    return 0;
  }
  jpeg_create_decompress(&state);
  progress.progress_monitor = apus_jpeg_limit_scans;
  state.progress = &progress;
  jpeg_mem_src(&state, bytes, (unsigned long)count);
  jpeg_read_header(&state, TRUE);
  int is_cmyk = state.jpeg_color_space == JCS_CMYK || state.jpeg_color_space == JCS_YCCK;
  int is_gray = state.jpeg_color_space == JCS_GRAYSCALE;
  int is_color = is_cmyk || state.jpeg_color_space == JCS_YCbCr || state.jpeg_color_space == JCS_RGB;
  info->width = (int)state.image_width;
  info->height = (int)state.image_height;
  info->channels = is_gray ? 1 : is_color ? 3 : 0;
  if (pixels != NULL && info->channels > 0) {
    state.out_color_space = is_gray ? JCS_GRAYSCALE : is_cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&state);
    size_t row = (size_t)info->width * (size_t)info->channels;
    JSAMPARRAY inks = NULL;
    if (is_cmyk) {
      inks = state.mem->alloc_sarray((j_common_ptr)&state, JPOOL_IMAGE, (JDIMENSION)info->width * 4, 1);
    }
    while (state.output_scanline < state.output_height) {
      JSAMPROW target = pixels + row * state.output_scanline;
      if (is_cmyk) {
        jpeg_read_scanlines(&state, inks, 1);
        apus_jpeg_rgb_from_cmyk(inks[0], target, info->width, state.saw_Adobe_marker);
      } else {
        jpeg_read_scanlines(&state, &target, 1);
      }
    }
    jpeg_finish_decompress(&state);
  }
  jpeg_destroy_decompress(&state);
  return 1;
}

// Makes a file of `height * width * channels` samples, 1 or 3 channels; the caller frees it.
// Returns 0 and sets the message when memory ends.
__attribute__((noinline)) static int apus_jpeg_write(const unsigned char *pixels, apus_jpeg_info *info, int quality,
                                                     unsigned char **file, unsigned long *size) {
  struct jpeg_compress_struct state;
  apus_jpeg_errors errors;
  memset(&state, 0, sizeof state);
  apus_jpeg_prepare(&errors, info->message);
  state.err = &errors.manager;
  if (setjmp(errors.target) != 0) {
    jpeg_destroy_compress(&state);
    return 0;
  }
  jpeg_create_compress(&state);
  jpeg_mem_dest(&state, file, size);
  state.image_width = (JDIMENSION)info->width;
  state.image_height = (JDIMENSION)info->height;
  state.input_components = info->channels;
  state.in_color_space = info->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&state);
  jpeg_set_quality(&state, quality, TRUE);
  jpeg_start_compress(&state, TRUE);
  while (state.next_scanline < state.image_height) {
    // The library only reads the row, but does not say so in its type.
    JSAMPROW row =
        (JSAMPROW)(size_t)(pixels + (size_t)state.next_scanline * (size_t)info->width * (size_t)info->channels);
    jpeg_write_scanlines(&state, &row, 1);
  }
  jpeg_finish_compress(&state);
  jpeg_destroy_compress(&state);
  return 1;
}

static inline const char *apus_jpeg_message(const apus_jpeg_info *info) { return info->message; }

#endif
