/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 (FIPS 180-4), to say which data a file was made from. */
#ifndef LISI_SHA256_H
#define LISI_SHA256_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  uint32_t h[8];
  uint64_t length; /* bytes so far */
  unsigned char block[64];
} sha256;

void sha256_start(sha256 *s);
void sha256_add(sha256 *s, const void *bytes, size_t size);
/* The digest as 64 hexadecimal digits and a zero byte. */
void sha256_hex(sha256 *s, char hex[65]);

#ifdef __cplusplus
}
#endif
#endif
