/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sidecar in memory: its end, its place, its bytes. Reading: ace_sidecar_read.c. */
#include "ace_sidecar.h"

#include "sha256.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ace_sidecar_free(ace_sidecar *s) {
  if (!s)
    return;
  for (int mu = 0; s->of && mu < s->nelements; mu++) {
    ace_invariants_clear(&s->of[mu].invariants);
    free(s->of[mu].coefficient);
    free(s->of[mu].inverse.f);
    free(s->of[mu].inverse.d);
  }
  ace_info_free(s->info);
  free(s->of);
  free(s->element);
  free(s);
}

void ace_info_free(ace_info *info) {
  if (!info)
    return;
  free(info->group);
  free(info->gamma);
  free(info->stiffness);
  free(info->r);
  free(info);
}

lisi_status ace_sidecar_path(const ace_model *model, const char *path, char **out, lisi_error *err) {
  const char *name = model->meta.sidecar, *slash = strrchr(path, '/');
  *out = NULL;
  if (!name || !*name)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s names no sidecar (key lisi/sidecar), the file with the active sets: `lisi-fit train` writes "
                     "one beside each model; train this one again, or do without the extrapolation grade",
                     path);
  if (strchr(name, '/'))
    return lisi_fail(err, LISI_ERR_INPUT, "%s: lisi/sidecar: expected a file name without a folder, found '%.200s'",
                     path, name);
  size_t folder = slash ? (size_t)(slash - path) + 1 : 0, length = folder + strlen(name) + 1;
  *out = malloc(length);
  if (!*out)
    return lisi_no_memory(err, length);
  memcpy(*out, path, folder);
  strcpy(*out + folder, name);
  return LISI_OK;
}

lisi_status ace_sidecar_hash(const ace_model *model, char hex[65], lisi_error *err) {
  char *text = NULL;
  size_t size = 0;
  ace_model bare = *model;
  memset(&bare.meta, 0, sizeof bare.meta);
  FILE *stream = open_memstream(&text, &size);
  if (!stream)
    return lisi_no_memory(err, size);
  ace_model_print(&bare, stream);
  int bad = ferror(stream);
  if ((fclose(stream) != 0) | bad) {
    free(text);
    return lisi_no_memory(err, size);
  }
  sha256 sum;
  sha256_start(&sum);
  sha256_add(&sum, text, size);
  sha256_hex(&sum, hex);
  free(text);
  return LISI_OK;
}

/* ---- writing: into memory, where no write fails but for lack of it ---- */

static void put_u32(FILE *f, uint32_t x) {
  fwrite(&x, sizeof x, 1, f);
}
static void put_i32(FILE *f, int x) {
  int32_t y = x;
  fwrite(&y, sizeof y, 1, f);
}
static void put_u64(FILE *f, uint64_t x) {
  fwrite(&x, sizeof x, 1, f);
}
static void pad(FILE *f) {
  static const char zero[8] = {0};
  long at = ftell(f);
  if (at % 8)
    fwrite(zero, 1, (size_t)(8 - at % 8), f);
}

static void put_model(const ace_sidecar *s, FILE *f) {
  put_i32(f, s->nelements);
  put_u32(f, 0);
  fwrite(s->model_sha256, 1, 64, f);
  fwrite(s->element, sizeof *s->element, (size_t)s->nelements, f);
}

static void put_basis(const ace_invariants *inv, FILE *f) {
  put_i32(f, inv->nmultisets);
  put_i32(f, inv->ncolumns);
  put_u64(f, inv->nms_total);
  put_u64(f, inv->ncoef);
  for (int k = 0; k < inv->nmultisets; k++) {
    const ace_multiset *m = &inv->multiset[k];
    put_i32(f, m->order);
    put_i32(f, m->nms);
    put_i32(f, m->ninv);
    for (int t = 0; t < ACE_MAX_RANK; t++) {
      put_i32(f, t < m->order ? m->mus[t] : 0);
      put_i32(f, t < m->order ? m->ns[t] : 0);
      put_i32(f, t < m->order ? m->ls[t] : 0);
    }
    put_u32(f, 0);
  }
  fwrite(inv->ms, 1, inv->nms_total, f);
  pad(f);
  fwrite(inv->coef, sizeof *inv->coef, inv->ncoef, f);
}

static void put_active(const ace_sidecar_element *e, FILE *f) {
  const ace_inverse *inv = &e->inverse;
  size_t cells = (size_t)inv->n * (size_t)inv->n;
  put_i32(f, inv->n);
  put_i32(f, e->nenvironments);
  put_i32(f, e->rank);
  put_i32(f, inv->d ? 8 : 4);
  if (cells && inv->d)
    fwrite(inv->d, sizeof *inv->d, cells, f);
  else if (cells)
    fwrite(inv->f, sizeof *inv->f, cells, f);
}

static void put_doubles(FILE *f, const double *x, size_t n) {
  if (n > 0)
    fwrite(x, sizeof *x, n, f);
}

static void put_info(const ace_info *info, FILE *f) {
  const double head[5] = {info->ridge, info->energy, info->force, info->virial, info->force_scale};
  const size_t cells = (size_t)info->nkept * (size_t)(info->nkept + 1) / 2;
  put_i32(f, info->ncolumns);
  put_i32(f, info->nkept);
  put_u64(f, (uint64_t)info->rows);
  put_u64(f, (uint64_t)info->frames);
  put_doubles(f, head, 5);
  put_i32(f, info->ngroups);
  put_i32(f, info->width);
  for (int k = 0; k < info->ngroups; k++) {
    const double w[3] = {info->group[k].energy, info->group[k].force, info->group[k].virial};
    fwrite(info->group[k].prefix, 1, sizeof info->group[k].prefix, f);
    put_doubles(f, w, 3);
  }
  put_doubles(f, info->gamma, (size_t)info->ncolumns);
  put_doubles(f, info->stiffness, (size_t)info->ncolumns);
  if (info->width == 8)
    put_doubles(f, info->r, cells);
  else
    for (size_t k = 0; k < cells; k++) {
      const float x = (float)info->r[k];
      fwrite(&x, sizeof x, 1, f);
    }
}

typedef enum { SECTION_MODEL, SECTION_BASIS, SECTION_COEFF, SECTION_ACTIVE, SECTION_INFO, SECTION_GRADED } section_kind;

static void put_section(const ace_sidecar *s, section_kind kind, int mu, FILE *f) {
  switch (kind) {
  case SECTION_MODEL:
    put_model(s, f);
    break;
  case SECTION_BASIS:
    put_basis(&s->of[mu].invariants, f);
    break;
  case SECTION_COEFF:
    fwrite(s->of[mu].coefficient, sizeof(double), (size_t)s->of[mu].invariants.ncolumns, f);
    break;
  case SECTION_ACTIVE:
    put_active(&s->of[mu], f);
    break;
  case SECTION_INFO:
    put_info(s->info, f);
    break;
  case SECTION_GRADED:
    for (int e = 0; e < s->nelements; e++)
      put_i32(f, s->of[e].ngraded);
    break;
  }
}

/* Section k of the file: the model, three for each element, and after these `usual` ones the information and the
 * numbers of graded functions, where they are asked for. */
static section_kind kind_of(const ace_sidecar *s, int k, int usual) {
  static const section_kind of_element[] = {SECTION_BASIS, SECTION_COEFF, SECTION_ACTIVE};
  return k == 0                  ? SECTION_MODEL
         : k < usual             ? of_element[(k - 1) % 3]
         : k == usual && s->info ? SECTION_INFO
                                 : SECTION_GRADED;
}
static bool some_ungraded(const ace_sidecar *s) {
  bool some = false;
  for (int mu = 0; mu < s->nelements; mu++)
    some |= s->of[mu].ngraded < s->of[mu].invariants.ncolumns;
  return some;
}
static int element_of(int k, int usual) {
  return k == 0 || k >= usual ? 0 : (k - 1) / 3;
}

lisi_status ace_sidecar_bytes(const ace_sidecar *s, char **bytes, size_t *size, lisi_error *err) {
  static const char *const name[] = {"model", "basis", "coeff", "active", "info", "graded"};
  const int usual = 1 + 3 * s->nelements, nsections = usual + (s->info ? 1 : 0) + some_ungraded(s);
  *bytes = NULL;
  *size = 0;
  FILE *f = open_memstream(bytes, size);
  if (!f)
    return lisi_no_memory(err, 0);
  /* the table once with zeros, and again when the offsets are known */
  uint64_t offset[3 + 3 * ACE_MAX_ELEMENTS] = {0}, length[3 + 3 * ACE_MAX_ELEMENTS] = {0}, total = 0;
  for (int pass = 0; pass < 2; pass++) {
    rewind(f);
    fwrite("lisiside", 1, 8, f);
    put_u32(f, 0x01020304);
    put_u32(f, ACE_SIDECAR_VERSION);
    put_u64(f, total);
    put_u32(f, (uint32_t)nsections);
    put_u32(f, 0);
    for (int k = 0; k < nsections; k++) {
      const section_kind kind = kind_of(s, k, usual);
      char label[8] = {0};
      memcpy(label, name[kind], strlen(name[kind]));
      fwrite(label, 1, sizeof label, f);
      put_i32(f, element_of(k, usual));
      put_u32(f, 0);
      put_u64(f, offset[k]);
      put_u64(f, length[k]);
    }
    for (int k = 0; k < nsections; k++) {
      pad(f);
      offset[k] = (uint64_t)ftell(f);
      put_section(s, kind_of(s, k, usual), element_of(k, usual), f);
      length[k] = (uint64_t)ftell(f) - offset[k];
    }
    total = (uint64_t)ftell(f);
  }
  int bad = ferror(f);
  if ((fclose(f) != 0) | bad) {
    free(*bytes);
    *bytes = NULL;
    return lisi_no_memory(err, *size);
  }
  return LISI_OK;
}
