// OpenSSL's message digests for ApusDownloads.
#ifndef APUS_CCRYPTO_SHIM_H
#define APUS_CCRYPTO_SHIM_H

#include <openssl/evp.h>

#endif
