/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fit says: on stdout, and in `lisi:` of the model. */
#include "train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void train_print_basis(const fit_basis *b) {
  for (int mu = 0; mu < b->nelements; mu++) {
    int columns[FIT_MAX_ORDER + 1] = {0}, blocks = 0, products = 0;
    for (int k = 0; k < b->nblocks; k++)
      if (b->block[k].mu0 == mu) {
        columns[b->block[k].order] += b->block[k].coupling.ninv;
        products += b->block[k].coupling.nms;
        blocks++;
      }
    printf("%-2s E0 %.6f eV; functions by order", b->element[mu], b->E0[mu]);
    for (int o = 1; o <= FIT_MAX_ORDER; o++)
      if (columns[o])
        printf(" %d:%d", o, columns[o]);
    printf("; %d in the file, %d products\n", blocks, products);
  }
}

void train_print_active(const fit_basis *b, const fit_active_report *r, const char *side, size_t nbytes, bool quiet) {
  for (int mu = 0; mu < b->nelements; mu++) {
    if (r[mu].ncolumns == 0)
      continue;
    if (r[mu].rank < r[mu].ncolumns)
      fprintf(stderr,
              "lisi-fit: warning: no active set for %s: %d environments in the training frames, %d of them "
              "independent, for "
              "%d functions; there will be no extrapolation grade for this element\n",
              b->element[mu], r[mu].nenvironments, r[mu].rank, r[mu].ncolumns);
    else if (!quiet) {
      int all = 0;
      for (int k = 0; k < b->nblocks; k++)
        all += b->block[k].mu0 == mu ? b->block[k].coupling.ninv : 0;
      printf("%-2s active set: %d of %d environments, %d exchanges, gamma of the training frames <= %.6f",
             b->element[mu], r[mu].rank, r[mu].nenvironments, r[mu].nswaps, r[mu].largest);
      if (r[mu].ncolumns < all)
        printf("; %d of %d functions in gamma", r[mu].ncolumns, all);
      printf("\n");
    }
  }
  if (!quiet)
    printf("%s: %.2f MB\n", side, (double)nbytes * 1e-6);
}

/* The model names no sidecar, so one of an earlier fit is never read for it; the user should know whose it is. */
void train_print_no_sidecar(const char *side) {
  if (access(side, F_OK) == 0)
    fprintf(stderr, "lisi-fit: warning: %s is of another model and does not belong to this one\n", side);
}

static void yaml_text_of(const char *text, FILE *s) {
  fputc('"', s);
  for (; *text; text++) {
    if (*text == '"' || *text == '\\')
      fputc('\\', s);
    if ((unsigned char)*text >= 32)
      fputc(*text, s);
  }
  fputc('"', s);
}

static char *text_of_table(const train_result *r, const fit_basis *b, const train_data *tr) {
  char *text = NULL;
  size_t size;
  FILE *s = open_memstream(&text, &size);
  if (!s)
    return NULL;
  fputs("units: {energy: eV/atom, force: eV/Angstrom, virial: eV/atom}\ntrain:\n", s);
  fit_errors_yaml(&r->of_train, "  ", s);
  if (r->of_test.ngroups > 1) {
    fputs("test:\n", s);
    fit_errors_yaml(&r->of_test, "  ", s);
  }
  if (tr->nzeros > 0)
    fputs("energy_zeros: # eV per atom that these training files have more than the model\n", s);
  for (int k = 0; k < tr->nzeros; k++) {
    fputs("  - {\"file\": ", s);
    const char *name = tr->set[tr->zero_set[k]]->name, *slash = strrchr(name, '/');
    yaml_text_of(slash ? slash + 1 : name, s);
    for (int mu = 0; mu < b->nelements; mu++)
      fprintf(s, ", \"%s\": %.9g", b->element[mu], r->solution.free[k * b->nelements + mu]);
    fputs("}\n", s);
  }
  if (fclose(s) != 0) {
    free(text);
    return NULL;
  }
  return text;
}

lisi_status train_describe(ace_model *m, const char *provenance, const char *sha256, const train_result *r,
                           const fit_basis *basis, const train_data *tr, lisi_error *err) {
  m->meta.format = 1;
  m->meta.units = strdup("metal");
  m->meta.provenance = strdup(provenance);
  m->meta.data_sha256 = strdup(sha256);
  m->meta.error_table = text_of_table(r, basis, tr);
  return m->meta.units && m->meta.provenance && m->meta.data_sha256 && m->meta.error_table
             ? LISI_OK
             : lisi_no_memory(err, strlen(provenance));
}

static void print_zeros(const char *kind, const train_data *d, const fit_basis *b, const double *zero) {
  for (int k = 0; k < d->nzeros; k++) {
    const xyz_set *set = d->set[d->zero_set[k]];
    printf("energy zero of %s (%s):", set->name, kind);
    for (int mu = 0; mu < b->nelements; mu++)
      printf(" %s %+.6f", b->element[mu], zero[k * b->nelements + mu]);
    printf(" eV per atom above the model's\n");
  }
}

void train_print_result(const train_result *r, const fit_basis *b, const train_data *tr, const train_data *te,
                        bool by_group) {
  const fit_solution *s = &r->solution;
  const bool linear = b->ndensity == 1;
  for (int g = 0; g < s->ngrid; g++)
    printf(s->choice == FIT_RIDGE_CV ? "ridge %9.3g: cross-validation loss %.6g%s\n"
                                     : "ridge %9.3g: log evidence %.8g%s\n",
           s->grid[g], s->score[g], s->grid[g] == s->ridge ? "  <-" : "");
  if (s->choice == FIT_RIDGE_EVIDENCE && s->rounds == 0)
    printf("ridge %9.3g: log evidence %.8g, noise %.3g of the weighted rows  <-\n", s->ridge, s->evidence, s->noise);
  if (s->rounds > 0)
    printf(
        "relevance determination from ridge %.3g: %d of %d functions left after %d rounds%s, log evidence %.8g, noise "
        "%.3g of the weighted rows\n",
        s->ridge, s->nkept, b->ncolumns, s->rounds, s->converged ? "" : " (not converged)", s->evidence, s->noise);
  if (tr->nzeros > 0) {
    print_zeros("fitted", tr, b, s->free);
    if (s->free_rank < tr->nzeros * b->nelements)
      printf("the compositions of these sets determine %d of the %d numbers; what they leave open has the smallest "
             "norm\n",
             s->free_rank, tr->nzeros * b->nelements);
  }
  if (te->nzeros > 0) {
    print_zeros("test, from the errors of the model", te, b, r->test_zeros);
    for (int k = 0; k < te->nzeros; k++)
      if (r->test_zero_rank[k] < b->nelements)
        printf("%s: the compositions determine %d of its %d numbers; what they leave open has the smallest norm\n",
               te->set[te->zero_set[k]]->name, r->test_zero_rank[k], b->nelements);
  }
  printf("\n%d training frames, ridge %.3g, ", tr->nframes, s->ridge);
  if (linear)
    printf("%d effective parameters of %d\n", s->rank, b->ncolumns);
  else
    printf("%d coefficients\n", b->ndensity * b->ncolumns);
  fit_errors_print(&r->of_train, stdout);
  if (r->of_cv.ngroups) {
    printf("\ncross-validation on the training frames, %d folds%s\n", r->nfolds,
           by_group ? ", each of them a config_type" : "");
    fit_errors_print(&r->of_cv, stdout);
  }
  if (te->nframes) {
    printf("\n%d test frames, not in the fit\n", te->nframes);
    fit_errors_print(&r->of_test, stdout);
  }
}
