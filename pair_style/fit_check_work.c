/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do forces and virials belong to the energies? Between two similar structures of the same atoms the energy changes by
 * the work of the mean force, and of the mean virial where the cell changes,
 *     E2 - E1 = a * [-(F1 + F2)/2 . dr] + b * [-(V1 + V2)/2 : strain],    a = b = 1,
 * up to the third order in the displacements (trapezoidal rule). a and b by least squares over many pairs tell a wrong
 * sign or a wrong unit from what is right. */
#include "fit_check_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REACH = 12, LEAST = 4 };

/* Sums over the pairs of a file. */
typedef struct {
  int n;
  double ff, fv, vv, fe, ve, ee;
  const check_frame *first;
} sums;

/* Work of forces and of virials, and the energy, between two frames; false where they are not similar enough. */
static bool pair_work(const check_frame *a, const check_frame *b, double *wf, double *wv, double *de) {
  const xyz_frame *p = a->frame, *q = b->frame;
  double inverse[2][9], strain[9], h[9];
  if (p->natoms != q->natoms || !check_one_zero(a, b) || !p->force || !q->force || !p->has_energy || !q->has_energy ||
      memcmp(p->species, q->species, (size_t)p->natoms * sizeof *p->species) != 0 ||
      !check_inverse(p->cell, inverse[0]) || !check_inverse(q->cell, inverse[1]))
    return false;
  double most = 0;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      double s = 0;
      for (int k = 0; k < 3; k++) /* about the mean cell */
        s += 0.5 * (inverse[0][3 * i + k] * q->cell[3 * k + j] - inverse[1][3 * i + k] * p->cell[3 * k + j]);
      strain[3 * i + j] = s;
      h[3 * i + j] = 0.5 * (p->cell[3 * i + j] + q->cell[3 * i + j]);
      most = fmax(most, fabs(s));
    }
  if (most > 0.06 || (most > 1e-7 && (!p->has_virial || !q->has_virial)))
    return false;
  *wf = *wv = 0;
  for (int i = 0; i < p->natoms; i++) {
    double frac[3], d2 = 0;
    for (int k = 0; k < 3; k++) {
      frac[k] = 0;
      for (int j = 0; j < 3; j++)
        frac[k] += q->pos[3 * i + j] * inverse[1][3 * j + k] - p->pos[3 * i + j] * inverse[0][3 * j + k];
      if (p->pbc[k])
        frac[k] -= round(frac[k]);
    }
    for (int k = 0; k < 3; k++) {
      const double d = frac[0] * h[k] + frac[1] * h[3 + k] + frac[2] * h[6 + k];
      d2 += d * d;
      *wf -= 0.5 * (p->force[3 * i + k] + q->force[3 * i + k]) * d;
    }
    if (d2 > 0.5 * 0.5)
      return false;
  }
  for (int k = 0; k < 9 && most > 1e-7; k++)
    *wv -= 0.5 * (p->virial[k] + q->virial[k]) * strain[k];
  *de = q->energy - p->energy;
  return fabs(*wf) + fabs(*wv) > 0;
}

/* The hypothesis that a factor speaks for. */
static const char *explained(double a, bool virial) {
  static const struct {
    double factor;
    const char *text;
  } force[] = {{-1, "have the wrong sign (gradients instead of forces?)"},
               {51.42206747632590, "look like hartree/bohr instead of eV/Angstrom"},
               {25.71103373816295, "look like rydberg/bohr instead of eV/Angstrom"},
               {0.036749322, "fit to energies in hartree instead of eV"},
               {0.073498644, "fit to energies in rydberg instead of eV"},
               {1.889726125, "fit to energies in hartree, and look like hartree/bohr"}},
    pressure[] = {{-1, "have the wrong sign (expected: positive under compression; stress: positive under tension)"}};
  const size_t n = virial ? 1 : sizeof force / sizeof *force;
  for (size_t k = 0; k < n; k++)
    if (a / (virial ? pressure : force)[k].factor > 0.8 && a / (virial ? pressure : force)[k].factor < 1.25)
      return (virial ? pressure : force)[k].text;
  return NULL;
}

/* How much of the sum of squares of the energies a and b explain. */
static double share(const sums *s, double a, double b) {
  const double left = s->ee - 2 * (a * s->fe + b * s->ve) + a * a * s->ff + 2 * a * b * s->fv + b * b * s->vv;
  return 1 - left / s->ee;
}

static lisi_status judge(check *c, const sums *s) {
  if (s->n < LEAST || !(s->ee > 0))
    return LISI_OK;
  const double as_they_are = share(s, 1, 1), det = s->ff * s->vv - s->fv * s->fv;
  if (as_they_are > 0.9)
    return LISI_OK;
  double a = s->ff > 0 ? s->fe / s->ff : 1, b = 1;
  if (det > 1e-4 * s->ff * s->vv && s->vv > 0) {
    a = (s->vv * s->fe - s->fv * s->ve) / det;
    b = (s->ff * s->ve - s->fv * s->fe) / det;
  } else if (s->vv > s->ff) { /* strains alone */
    a = 1;
    b = s->ve / s->vv;
  }
  const double fitted = share(s, a, b);
  if (fitted < 0.9 || (1 - fitted) * 4 > 1 - as_they_are)
    return LISI_OK; /* the pairs say nothing: not as they are, nor with other factors */
  const char *name = s->first->set->name;
  const int line = s->first->frame->line;
  /* Only of what takes part in the energies can something be said. */
  const bool forces = a * a * s->ff > 0.05 * s->ee && !(a > 0.7 && a < 1.4);
  const bool virials = b * b * s->vv > 0.05 * s->ee && !(b > 0.7 && b < 1.4);
  const char *text = forces ? explained(a, false) : virials ? explained(b, true) : NULL;
  if (text)
    return lisi_fail(
        c->err, LISI_ERR_INPUT,
        "%s:%d: the %s of this file %s: over %d pairs of similar frames the energy changes by %.4g times their "
        "work",
        name, line, forces ? "forces" : "virials", text, s->n, forces ? a : b);
  if (forces || virials)
    check_warn(
        c,
        "%s: the %s do not belong to the energies: over %d pairs of similar frames the energy changes by %.4g times "
        "their work",
        name, forces ? "forces" : "virials", s->n, forces ? a : b);
  return LISI_OK;
}

lisi_status check_work(check *c) {
  lisi_status status = LISI_OK;
  for (int p = 0; p < c->nsets && status == LISI_OK; p++) {
    sums s = {0};
    for (int k = 0; k < c->nframes; k++) {
      if (c->frame[k].part != p)
        continue;
      if (!s.first)
        s.first = &c->frame[k];
      /* The next frames of the same composition, wherever they stand. */
      for (int j = k + 1, n = 0; j < c->nframes && c->frame[j].part == p && n < REACH; j++) {
        double wf, wv, de;
        if (c->frame[j].frame->natoms != c->frame[k].frame->natoms)
          continue;
        n++;
        if (!pair_work(&c->frame[k], &c->frame[j], &wf, &wv, &de))
          continue;
        const double w = 1.0 / c->frame[k].frame->natoms; /* per atom, so that large cells do not rule */
        s.ff += w * wf * w * wf;
        s.fv += w * wf * w * wv;
        s.vv += w * wv * w * wv;
        s.fe += w * wf * w * de;
        s.ve += w * wv * w * de;
        s.ee += w * de * w * de;
        s.n++;
      }
    }
    status = judge(c, &s);
  }
  return status;
}
