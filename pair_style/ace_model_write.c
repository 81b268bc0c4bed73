/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a model as .yace, laid out as the community's writers do: one flow mapping a bond or function, so that
 * line-based and other YAML readers are content. */
#include "ace_model.h"

#include <stdbool.h>
#include <string.h>

/* Bytes of the UTF-8 sequence that begins at c, 0 where none does that YAML takes (Unicode, table 3-7; no control
 * characters, no surrogates, not U+FFFE and U+FFFF). */
static int utf8_length(const unsigned char *c) {
  const int n = c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : c[0] < 0xf5 ? 4 : 0;
  for (int k = 1; k < n; k++)
    if ((c[k] & 0xc0) != 0x80)
      return 0;
  const bool outside = (n == 2 && c[0] == 0xc2 && c[1] < 0xa0) || (c[0] == 0xe0 && c[1] < 0xa0) ||
                       (c[0] == 0xed && c[1] >= 0xa0) || (c[0] == 0xef && c[1] == 0xbf && c[2] >= 0xbe) ||
                       (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] >= 0x90);
  return outside ? 0 : n;
}

/* A text as a YAML scalar in double quotes; control characters are escaped, and of
 * what is not UTF-8 each byte is a question mark, since YAML has no way to write it. */
static void print_quoted(FILE *stream, const char *text) {
  fputc('"', stream);
  for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
    if (*c == '"' || *c == '\\')
      fprintf(stream, "\\%c", *c);
    else if (*c == '\n')
      fputs("\\n", stream);
    else if (*c < 0x20 || *c == 0x7f)
      fprintf(stream, "\\x%02x", *c);
    else if (*c < 0x80)
      fputc(*c, stream);
    else {
      const int n = utf8_length(c);
      if (n == 0)
        fputc('?', stream);
      else {
        fwrite(c, 1, (size_t)n, stream);
        c += n - 1;
      }
    }
  }
  fputc('"', stream);
}

/* Several lines read best as a literal block, which cannot hold everything: control characters, or white space that a
 * reader might drop. */
static int fits_block(const char *text) {
  const size_t n = strlen(text);
  if (n < 2 || text[n - 1] != '\n' || text[n - 2] == '\n' || text[0] == ' ' || text[0] == '\n')
    return 0;
  int lines = 0;
  for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
    if ((*c < 0x20 && *c != '\n') || *c >= 0x7f)
      return 0;
    if (*c == '\n')
      lines++;
  }
  return lines > 0;
}

static void print_text(FILE *stream, const char *key, const char *text) {
  if (text == NULL)
    return;
  fprintf(stream, "  %s: ", key);
  if (!fits_block(text)) {
    print_quoted(stream, text);
    fputc('\n', stream);
    return;
  }
  fputs("|\n", stream);
  for (const char *line = text; *line != '\0';) {
    const size_t length = strcspn(line, "\n");
    if (length > 0)
      fprintf(stream, "    %.*s", (int)length, line);
    fputc('\n', stream);
    line += length + 1;
  }
}

static void print_doubles(FILE *stream, const double *value, size_t n) {
  fputc('[', stream);
  for (size_t k = 0; k < n; k++)
    fprintf(stream, "%s%.17g", k > 0 ? ", " : "", value[k]);
  fputc(']', stream);
}

static void print_ints(FILE *stream, const int *value, int n) {
  fputc('[', stream);
  for (int k = 0; k < n; k++)
    fprintf(stream, "%s%d", k > 0 ? ", " : "", value[k]);
  fputc(']', stream);
}

static void print_meta(const ace_model *model, FILE *stream) {
  const ace_meta *meta = &model->meta;
  if (meta->format == 0)
    return;
  fprintf(stream, "lisi:\n  format: %d\n", meta->format);
  print_text(stream, "units", meta->units);
  print_text(stream, "provenance", meta->provenance);
  print_text(stream, "data_sha256", meta->data_sha256);
  print_text(stream, "error_table", meta->error_table);
  print_text(stream, "sidecar", meta->sidecar);
  print_text(stream, "sidecar_sha256", meta->sidecar_sha256);
  fputs("  nfunctions: [", stream);
  for (int mu = 0; mu < model->nelements; mu++)
    fprintf(stream, "%s%d", mu > 0 ? ", " : "", model->species[mu].nfunctions);
  fputs("]\n", stream);
}

static void print_polynomials(const ace_polynomials *p, FILE *stream) {
  const size_t n = (size_t)p->n;
  fprintf(stream, "maxn: %d, p: %.17g, r0: %.17g, xl: %.17g, xr: %.17g, pl: %.17g, pr: %.17g, ", p->n, p->p, p->r0,
          p->xl, p->xr, p->pl, p->pr);
  fputs("recursion_coefficients: {A: ", stream);
  print_doubles(stream, p->abc, n);
  fputs(", B: ", stream);
  print_doubles(stream, p->abc + n, n);
  fputs(", C: ", stream);
  print_doubles(stream, p->abc + 2 * n, n);
  fputs("}, ", stream);
}

static void print_spline(const ace_bond *bond, const char *key, int which, FILE *stream) {
  fprintf(stream, ", %s: {", key);
  for (int k = 0; k < bond->nradbase; k++) {
    fprintf(stream, "%s%d: [", k > 0 ? ", " : "", k);
    for (int n = 0; n <= bond->nbins; n++)
      fprintf(stream, "%s%.17g", n > 0 ? ", " : "", bond->node[(2 * n + which) * bond->nradbase + k]);
    fputc(']', stream);
  }
  fputc('}', stream);
}

static void print_bond(const ace_model *model, const ace_bond *bond, FILE *stream) {
  static const char *const inner[] = {"density", "distance", "zbl"};
  const size_t N = (size_t)bond->nradmax, L = (size_t)bond->lmax + 1, K = (size_t)bond->nradbase;
  fprintf(stream, "{radbasename: %s, ", bond->kind_text);
  if (bond->kind == ACE_ACEJL_SPLINE) {
    fprintf(stream, "nradial: %d, nbins: %d, lmax: %d, rcut: %.17g", bond->nradbase, bond->nbins, bond->lmax,
            bond->rcut);
    print_spline(bond, "splinenodalvals", 0, stream);
    print_spline(bond, "splinenodalderivs", 1, stream);
    fputs("}\n", stream);
    return;
  }
  if (bond->kind == ACE_ACEJL) {
    print_polynomials(&bond->jl, stream);
    fprintf(stream, "lmax: %d, rcut: %.17g}\n", bond->lmax, bond->rcut);
    return;
  }
  fprintf(stream, "nradmax: %d, lmax: %d, nradbasemax: %d, radparameters: [%.17g], radcoefficients: [", bond->nradmax,
          bond->lmax, bond->nradbase, bond->lambda);
  for (size_t n = 0; n < N; n++) {
    fputs(n > 0 ? ", [" : "[", stream);
    for (size_t l = 0; l < L; l++) {
      if (l > 0)
        fputs(", ", stream);
      print_doubles(stream, bond->crad + (n * L + l) * K, K);
    }
    fputc(']', stream);
  }
  fprintf(stream,
          "], prehc: %.17g, lambdahc: %.17g, rcut: %.17g, dcut: %.17g, rcut_in: %.17g, dcut_in: %.17g, "
          "inner_cutoff_type: %s}\n",
          bond->prehc, bond->lambdahc, bond->rcut, bond->dcut, bond->rcut_in, bond->dcut_in, inner[model->inner]);
}

/* Keys that stand beside the bonds where they are ACE.jl's. */
static void print_acejl(const ace_model *model, FILE *stream) {
  const int n = model->nelements;
  int lmax = -1;
  for (int b = 0; b < n * n; b++)
    if ((model->bond[b].kind == ACE_ACEJL || model->bond[b].kind == ACE_ACEJL_SPLINE) && model->bond[b].lmax > lmax)
      lmax = model->bond[b].lmax;
  if (lmax >= 0)
    fprintf(stream, "lmax: %d\n", lmax);
  const ace_pairpot *pot = model->bond[0].pairpot;
  if (pot == NULL)
    return;
  fputs("polypairpot: {", stream);
  print_polynomials(&pot->basis, stream);
  fprintf(stream, "rcut: %.17g, coefficients: {", pot->rcut);
  for (int b = 0; b < n * n; b++) {
    fprintf(stream, "%s[%d, %d]: ", b > 0 ? ", " : "", b / n, b % n);
    print_doubles(stream, model->bond[b].pairpot->c, (size_t)pot->basis.n);
  }
  fputs("}}\nreppot: {coefficients: {", stream);
  for (int b = 0; b < n * n; b++) {
    const ace_pairpot *q = model->bond[b].pairpot;
    fprintf(stream, "%s[%d, %d]: {ri: %.17g, e0: %.17g, A: %.17g, B: %.17g}", b > 0 ? ", " : "", b / n, b % n, q->ri,
            q->e0, q->A, q->B);
  }
  fputs("}}\n", stream);
}

static void print_function(const ace_species *species, int mu, const ace_function *f, FILE *stream) {
  fprintf(stream, "    - {mu0: %d, rank: %d, ndensity: %d, num_ms_combs: %d, mus: ", mu, f->rank, species->ndensity,
          f->nms);
  print_ints(stream, f->mus, f->rank);
  fputs(", ns: ", stream);
  print_ints(stream, f->ns, f->rank);
  fputs(", ls: ", stream);
  print_ints(stream, f->ls, f->rank);
  fputs(", ms_combs: [", stream);
  for (int k = 0; k < f->nms * f->rank; k++)
    fprintf(stream, "%s%d", k > 0 ? ", " : "", species->ms[f->ms_first + (size_t)k]);
  fputs("], ctildes: ", stream);
  print_doubles(stream, species->ctilde + f->ct_first, (size_t)f->nms * (size_t)species->ndensity);
  fputs("}\n", stream);
}

void ace_model_print(const ace_model *model, FILE *stream) {
  const int n = model->nelements;
  print_meta(model, stream);
  fputs("elements: [", stream);
  for (int mu = 0; mu < n; mu++)
    fprintf(stream, "%s%s", mu > 0 ? ", " : "", model->element[mu]);
  fputs("]\nE0: ", stream);
  print_doubles(stream, model->E0, (size_t)n);
  fprintf(stream, "\ndeltaSplineBins: %.17g\n", model->delta_spline_bins);
  print_acejl(model, stream);
  fputs("embeddings:\n", stream);
  for (int mu = 0; mu < n; mu++) {
    const ace_species *species = &model->species[mu];
    fprintf(stream, "  %d: {ndensity: %d, FS_parameters: ", mu, species->ndensity);
    print_doubles(stream, species->fs, 2 * (size_t)species->ndensity);
    fprintf(stream, ", npoti: %s, rho_core_cutoff: %.17g, drho_core_cutoff: %.17g}\n",
            species->embedding == ACE_FINNIS_SINCLAIR ? "FinnisSinclair" : "FinnisSinclairShiftedScaled",
            species->rho_core_cutoff, species->drho_core_cutoff);
  }
  fputs("bonds:\n", stream);
  for (int b = 0; b < n * n; b++) {
    fprintf(stream, "  [%d, %d]: ", b / n, b % n);
    print_bond(model, &model->bond[b], stream);
  }
  fputs("functions:\n", stream);
  for (int mu = 0; mu < n; mu++) {
    const ace_species *species = &model->species[mu];
    if (species->nfunctions == 0) {
      fprintf(stream, "  %d: []\n", mu);
      continue;
    }
    fprintf(stream, "  %d:\n", mu);
    for (int i = 0; i < species->nfunctions; i++)
      print_function(species, mu, &species->function[i], stream);
  }
}
