// libcurl for ApusDownloads: its options are set through variadic functions, which Swift cannot call.
#ifndef APUS_CCURL_SHIM_H
#define APUS_CCURL_SHIM_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

typedef size_t (*apus_curl_data_callback)(char *data, size_t size, size_t count, void *context);
typedef int (*apus_curl_progress_callback)(void *context, curl_off_t download_total, curl_off_t downloaded,
                                           curl_off_t upload_total, curl_off_t uploaded);

static inline CURLcode apus_curl_initialise(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static inline CURLcode apus_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode apus_curl_set_number(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode apus_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}

// Where libcurl writes the text of an error: at least CURL_ERROR_SIZE bytes.
static inline CURLcode apus_curl_set_error_buffer(CURL *handle, char *buffer) {
  return curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}

static inline CURLcode apus_curl_set_body_callback(CURL *handle, apus_curl_data_callback callback, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, callback);
  return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

static inline CURLcode apus_curl_set_header_callback(CURL *handle, apus_curl_data_callback callback, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, callback);
  return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
}

static inline CURLcode apus_curl_set_progress_callback(CURL *handle, apus_curl_progress_callback callback,
                                                       void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, callback);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
  return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
}

// Allow the named schemes only, for the address and for where it redirects to.
static inline CURLcode apus_curl_set_protocols(CURL *handle, int allows_plain_http) {
#if LIBCURL_VERSION_NUM >= 0x075500
  const char *protocols = allows_plain_http ? "http,https" : "https";
  CURLcode code = curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, protocols);
  return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
#else
  long protocols = allows_plain_http ? CURLPROTO_HTTP | CURLPROTO_HTTPS : CURLPROTO_HTTPS;
  CURLcode code = curl_easy_setopt(handle, CURLOPT_PROTOCOLS, protocols);
  return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS, protocols);
#endif
}

static inline long apus_curl_response_code(CURL *handle) {
  long code = 0;
  return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK ? code : 0;
}

#endif
