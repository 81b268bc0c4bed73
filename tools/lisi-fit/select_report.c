/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lisi-fit select` prints and writes. */
#include "select.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* In a message, more frames that were set aside than this are counted only. */
enum { ASIDE_SHOWN = 10 };

static void print_aside(const select_result *r, FILE *out) {
  for (int k = 0; k < r->naside && k < ASIDE_SHOWN; k++) {
    const select_frame *f = &r->aside[k];
    fprintf(out, "set aside: %s %s %" PRId64 ": ", f->file, f->has_step ? "step" : "frame", f->number);
    if (isnan(f->gamma))
      fprintf(out, "two atoms %.3f Angstrom apart\n", f->shortest);
    else
      fprintf(out, "gamma %.4g\n", f->gamma);
  }
  if (r->naside > ASIDE_SHOWN)
    fprintf(out, "set aside: %d more like these\n", r->naside - ASIDE_SHOWN);
}

void select_print(const select_result *r, FILE *out) {
  print_aside(r, out);
  fprintf(out, "%ld frames: %ld with gamma below %g, %d set aside, %ld identical to others", r->nread, r->nknown,
          r->gamma_min, r->naside, r->nduplicates);
  if (r->nthinned)
    fprintf(out, ", %ld left out for lack of memory", r->nthinned);
  fprintf(out, "; %d candidates\n", r->ncandidates);
  if (r->nchosen) {
    fprintf(out, "\n%4s %9s %12s %12s %9s %10s %6s  %s\n", "", "gamma", "when chosen", "environments", "ln volume",
            "shortest A", "atoms", "frame");
    for (int k = 0; k < r->nchosen; k++) {
      const fit_choice *c = &r->choice[k];
      const select_frame *f = &r->candidate[c->candidate];
      fprintf(out, "%4d %9.3f %12.3f %12d %9.2f %10.3f %6d  %s %s %" PRId64 "\n", k + 1, f->gamma, c->gamma,
              c->exchanges, c->volume, f->shortest, f->natoms, f->file, f->has_step ? "step" : "frame", f->number);
    }
  }
  if (r->nchosen < r->ncandidates)
    fprintf(out, "\n%d chosen; the largest gamma of the other candidates is %.3f once these are known\n", r->nchosen,
            r->left);
  else
    fprintf(out, "\n%d chosen%s\n", r->nchosen, r->nchosen ? "; no candidate is left" : "");
}

static void text(FILE *out, const char *s) {
  fputc('"', out);
  for (; *s; s++)
    if ((unsigned char)*s < 32)
      fprintf(out, "\\u%04x", (unsigned)(unsigned char)*s);
    else
      fprintf(out, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
  fputc('"', out);
}

static void number(FILE *out, const char *key, double value) {
  fprintf(out, ", \"%s\": ", key);
  if (isfinite(value))
    fprintf(out, "%.9g", value);
  else
    fputs("null", out);
}

static void place(FILE *out, const select_frame *f) {
  fputs("    {\"file\": ", out);
  text(out, f->file);
  fprintf(out, ", \"%s\": %" PRId64, f->has_step ? "timestep" : "frame", f->number);
}

void select_json(const select_result *r, FILE *out) {
  fputs("{\n  \"model\": ", out);
  text(out, r->model_path);
  number(out, "gamma_min", r->gamma_min);
  number(out, "gamma_max", r->gamma_max);
  fprintf(out, ",\n  \"frames\": %ld, \"known\": %ld, \"duplicates\": %ld, \"thinned\": %ld, \"candidates\": %d",
          r->nread, r->nknown, r->nduplicates, r->nthinned, r->ncandidates);
  number(out, "largest_left", r->left);
  fputs(",\n  \"set_aside\": [", out);
  for (int k = 0; k < r->naside; k++) {
    fputs(k ? ",\n" : "\n", out);
    place(out, &r->aside[k]);
    number(out, "gamma", r->aside[k].gamma);
    number(out, "shortest", r->aside[k].shortest);
    fputc('}', out);
  }
  fputs("],\n  \"chosen\": [", out);
  for (int k = 0; k < r->nchosen; k++) {
    const fit_choice *c = &r->choice[k];
    const select_frame *f = &r->candidate[c->candidate];
    fputs(k ? ",\n" : "\n", out);
    place(out, f);
    fprintf(out, ", \"atoms\": %d, \"config_type\": ", f->natoms);
    text(out, f->group);
    number(out, "gamma", f->gamma);
    number(out, "gamma_chosen", c->gamma);
    fprintf(out, ", \"environments\": %d", c->exchanges);
    number(out, "ln_volume", c->volume);
    number(out, "shortest", f->shortest);
    fputc('}', out);
  }
  fputs("]\n}\n", out);
}

/* A value of the comment line in double quotes, which the format has no way to escape. */
static void quoted(FILE *out, const char *s) {
  fputc('"', out);
  for (; *s; s++)
    fputc(*s == '"' || (unsigned char)*s < 32 ? '_' : *s, out);
  fputc('"', out);
}

void select_xyz(const select_result *r, FILE *out) {
  for (int k = 0; k < r->nchosen; k++) {
    const fit_choice *c = &r->choice[k];
    const select_frame *f = &r->candidate[c->candidate];
    fprintf(out, "%d\nLattice=\"", f->natoms);
    for (int i = 0; i < 9; i++)
      fprintf(out, "%s%.12g", i ? " " : "", f->cell[i]);
    fputs("\" Properties=species:S:1:pos:R:3 pbc=\"T T T\" config_type=", out);
    if (strpbrk(f->group, " \t\"'="))
      quoted(out, f->group);
    else
      fputs(f->group, out);
    fprintf(out, " gamma_max=%.6g gamma_chosen=%.6g source=", f->gamma, c->gamma);
    quoted(out, f->file);
    fprintf(out, " %s=%" PRId64 "\n", f->has_step ? "timestep" : "frame", f->number);
    for (int i = 0; i < f->natoms; i++)
      fprintf(out, "%-2s %16.10f %16.10f %16.10f\n", r->model->element[f->mu[i]], f->pos[3 * i], f->pos[3 * i + 1],
              f->pos[3 * i + 2]);
  }
}
