/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See the header. */
#include "fuzz_yace.h"

#include "ace_eval.h"
#include "ace_model.h"

#include <stdlib.h>
#include <string.h>

/* Tables of more knots than this only cost time; what they may ask for is tested by inputs of their own. */
enum { MAX_KNOTS = 20000 };

static void promise(int kept) {
  if (!kept)
    abort();
}

static void evaluate(const ace_eval *eval, int nelements) {
  enum { ATOMS = 3, NEIGHBOURS = 9 };
  const double rij[NEIGHBOURS][3] = {{1.1, 0.3, 2.0},    {0.3, 0.0, 0.0},  {-2.0, 1.0, 0.5},
                                     {0.0, 0.0, 1e-9},   {0.4, -0.4, 0.4}, {9.0, 0.0, 0.0},
                                     {-0.5, -0.5, -1.2}, {2.0, 0.0, 0.0},  {0.0, 2.5, 0.0}};
  const int first[ATOMS + 1] = {0, 3, 3, NEIGHBOURS}, last = nelements - 1, element[ATOMS] = {0, last, last};
  const int nelement[NEIGHBOURS] = {0, last, 0, last, 0, 0, last, last, 0};
  double energy[ATOMS], dEdr[NEIGHBOURS][3];
  lisi_error err = {0};
  ace_work *work = NULL;
  if (ace_work_create(eval, &work, &err) == LISI_OK) {
    promise(ace_eval_atoms(eval, work, ATOMS, element, first, nelement, rij, energy, dEdr, &err) == LISI_OK);
    promise(ace_work_bytes(eval, work) > 0);
  }
  ace_work_free(work);
}

/* What was read and is written has to be readable again. */
static void write_and_read(const ace_model *model) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  promise(stream != NULL);
  ace_model_print(model, stream);
  fclose(stream);
  ace_model *again = NULL;
  lisi_error err = {0};
  promise(ace_model_parse(text, size, "again.yace", &again, NULL, 0, &err) == LISI_OK);
  ace_model_free(again);
  free(text);
}

lisi_status fuzz_yace(const uint8_t *bytes, size_t size) {
  char *text = malloc(size > 0 ? size : 1); /* of the exact size, so that reading past the end shows */
  promise(text != NULL);
  if (size > 0)
    memcpy(text, bytes, size);
  ace_model *model = NULL;
  lisi_error err = {0};
  char warnings[100] = "";
  lisi_status status = ace_model_parse(text, size, "fuzz.yace", &model, warnings, sizeof warnings, &err);
  free(text);
  promise((status == LISI_OK) == (model != NULL));
  promise(status == LISI_OK || (status == err.status && strlen(err.message) > 10));
  promise(status != LISI_ERR_INTERNAL);
  if (status != LISI_OK)
    return status;
  write_and_read(model);
  double knots = 0.0;
  for (int b = 0; b < model->nelements * model->nelements; b++)
    knots += model->bond[b].rcut / model->delta_spline_bins;
  ace_eval *eval = NULL;
#if defined(LISI_FUZZER)
  if (knots > MAX_KNOTS) {
    ace_model_free(model);
    return status;
  }
#endif
  status = ace_eval_create(model, &eval, &err);
  promise((status == LISI_OK) == (eval != NULL));
  promise(status == LISI_OK || strlen(err.message) > 10);
  if (status == LISI_OK)
    evaluate(eval, model->nelements);
  ace_eval_free(eval);
  ace_model_free(model);
  return status;
}

#if defined(LISI_FUZZER)
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  (void)fuzz_yace(bytes, size);
  return 0;
}
#endif
