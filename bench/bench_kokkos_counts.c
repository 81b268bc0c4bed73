/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Floating-point operations and bytes per atom and step of each kernel of pair_style/ace_kokkos*.hpp, counted from the
 * tables of a .yace file: what a GPU has to do, whatever it is. The system is that of bench_ace.
 *
 * Three columns of bytes: "memory", which has to pass between a multiprocessor and memory; "cached", what is read again
 * and again by many teams and stays in the caches (radial tables, tables of products, positions of neighbours); and
 * "scratch", what a team moves in its own scratch (shared memory). The products are counted for both ways to make them.
 */
#include "bench_ace.h"

#include "ace_eval.h"

#include <math.h>
#include <unistd.h>

enum { WARP = 32, TILE = 32, KERNELS = 4 };

typedef struct {
  double flops, bytes, cached, scratch;
} work;

/* Values that make a product of a kind, and those that it is. */
static double factors(ace_product_kind kind) {
  static const double n[] = {
      [ACE_VALUE] = 2, [ACE_REAL_VALUE] = 1, [ACE_RR] = 2, [ACE_RC] = 3, [ACE_CC] = 4, [ACE_CJ] = 4, [ACE_ABS] = 2};
  return n[kind];
}
static double results(ace_product_kind kind) {
  return kind == ACE_RR || kind == ACE_ABS || kind == ACE_REAL_VALUE ? 1.0 : 2.0;
}
/* Values and adjoints that handing an adjoint down reads and writes: the factors, and their adjoints both ways. */
static double handed_down(ace_product_kind kind) {
  return (kind == ACE_VALUE || kind == ACE_REAL_VALUE ? 0.0 : factors(kind)) + 2.0 * factors(kind);
}

/* A thread for each atom: every value that is touched passes through memory; tables are read once for a warp. */
static work by_threads(const ace_product *p, double real) {
  const double nd = p->ndensity, sweeps = nd > 1.0 ? 2.0 : 1.0;
  double at = p->size + 3.0 * p->nlinear, tables = 12.0 * p->nkept + (4.0 + nd * real) * p->nlinear;
  for (uint32_t r = 0; r < p->nrun; r++) {
    const ace_product_kind kind = p->run[r].kind;
    at += p->run[r].count * (factors(kind) + 2.0 * results(kind) + handed_down(kind));
  }
  for (uint32_t r = 0; r < p->ngrouprun; r++) {
    const ace_run *g = &p->grouprun[r];
    const double parts = g->variety == 0 ? 1.0 : 2.0;
    at += g->count * (sweeps * factors(g->kind) + handed_down(g->kind) + g->terms * parts * (sweeps + 2.0));
    tables += sweeps * g->count * (8.0 + g->terms * (4.0 + nd * real));
  }
  return (work){.flops = central_flops(p), .bytes = real * at + 7.0 * 8.0, .cached = tables / WARP};
}

/* Values that get something from a tile: the same numbers as KokkosReverseBuilder finds. */
static double targets(const ace_product *p, uint32_t *stamp) {
  uint32_t mark = 0, at = 0, term = 0;
  double n = 0.0;
  memset(stamp, 0, (size_t)p->size * ACE_LANES_MAX * sizeof *stamp);
  for (uint32_t r = 0; r < p->ngrouprun; r++)
    for (uint32_t k = 0; k < p->grouprun[r].count; k++, at++) {
      mark += at % TILE == 0;
      const uint32_t ends[2] = {p->gx[at], p->gy[at]};
      for (int e = 0; e < 2; e++) {
        n += stamp[ends[e]] != mark;
        stamp[ends[e]] = mark;
      }
      for (uint32_t t = 0; t < p->grouprun[r].terms; t++, term++) {
        n += stamp[p->term[term]] != mark;
        stamp[p->term[term]] = mark;
      }
    }
  return n + 2.0 * p->nkept;
}

/* Teams with the values of `lanes` atoms in scratch: A comes in and its adjoints go out. */
static work by_teams(const ace_product *p, double real, double lanes, uint32_t *stamp) {
  const double nd = p->ndensity, sweeps = nd > 1.0 ? 2.0 : 1.0;
  double at = 2.0 * p->vars + p->size + 3.0 * p->nlinear, tables = 12.0 * p->nkept + (4.0 + nd * real) * p->nlinear;
  for (uint32_t r = 0; r < p->nrun; r++) {
    const ace_product_kind kind = p->run[r].kind;
    at += p->run[r].count * (factors(kind) + results(kind) + 2.0 * results(kind) + 2.0 * (2.0 + 2.0));
    tables += p->run[r].count * 2.0 * 8.0;
  }
  for (uint32_t r = 0; r < p->ngrouprun; r++) {
    const ace_run *g = &p->grouprun[r];
    const double parts = g->variety == 0 ? 1.0 : 2.0;
    at += g->count * (sweeps * (factors(g->kind) + g->terms * parts) + 4.0 + g->terms * parts + 2.0 * (2.0 + 2.0));
    tables += g->count * (sweeps * (24.0 + g->terms * (4.0 + nd * real)) + g->terms * (8.0 + nd * real) + 2.0 * 8.0);
  }
  const double to = targets(p, stamp);
  return (work){.flops = central_flops(p),
                .bytes = 2.0 * real * p->vars + 7.0 * 8.0,
                .cached = (tables + 16.0 * to) / lanes,
                .scratch = real * (at + 4.0 * to)};
}

/* Atoms of a team, as KokkosTileScratch has them on a GPU; 0: their values do not fit, and threads make the products.
 */
static double team_lanes(const ace_eval *e, double real) {
  double nd = 1.0;
  for (int mu = 0; mu < e->nelements; mu++)
    nd = fmax(nd, e->central[mu].product.ndensity);
  for (double lanes = 32.0; lanes >= 1.0; lanes /= 2.0)
    if (lanes * (2.0 * e->size_max + 4.0 * TILE + ACE_MAX_DENSITY) * real + 128.0 * nd * 8.0 + 64.0 <= 40.0 * 1024.0)
      return lanes;
  return 0.0;
}

/* What a neighbour costs on the way to A and on the way back. */
static void neighbour(const ace_pair_table *t, double real, work *A, work *forces) {
  const double lm = (t->lmax + 1) * (t->lmax + 2) / 2.0, m0 = t->lmax + 1, geometry = 8.0 + 4.0;
  A->flops += geometry + 15.0 * t->nrow + 4.0 * lm + 2.0 * (lm - m0) + 6.0 * m0 + 2.0 * channels(t);
  forces->flops += geometry + 27.0 * t->nrow + 4.0 * channels(t) + 12.0 * lm + 8.0 * (lm - m0) + 18.0 * m0 + 40.0;
  A->cached += 32.0 * t->nrow;
  forces->cached += 32.0 * t->nrow;
  A->scratch += real * (t->nrow + m0 * m0 + 2.0 * channels(t)) + 32.0;
  forces->scratch += real * (2.0 * t->nrow + 2.0 * channels(t)) + 64.0;
  forces->bytes += 2.0 * 3.0 * 8.0; /* the force on the neighbour, added atomically */
}

/* A, products by threads, products by teams, forces; per atom. */
static void count(const ace_eval *e, const neighbours *s, double list, double real, work kernel[KERNELS]) {
  work *A = &kernel[0], *forces = &kernel[3];
  const double lanes = team_lanes(e, real);
  uint32_t *stamp = need(malloc((size_t)e->size_max * ACE_LANES_MAX * sizeof *stamp + 1));
  work *of = need(calloc((size_t)e->nelements * 2, sizeof *of));
  memset(kernel, 0, KERNELS * sizeof *kernel);
  for (int mu = 0; mu < e->nelements; mu++) {
    of[2 * mu] = by_threads(&e->central[mu].product, real);
    if (lanes > 0.0)
      of[2 * mu + 1] = by_teams(&e->central[mu].product, real, lanes, stamp);
  }
  for (int i = 0; i < s->natoms; i++) {
    const ace_product *p = &e->central[s->element[i]].product;
    for (int k = 0; k < 2; k++) {
      const work *w = &of[2 * s->element[i] + k];
      kernel[1 + k].flops += w->flops;
      kernel[1 + k].bytes += w->bytes;
      kernel[1 + k].cached += w->cached;
      kernel[1 + k].scratch += w->scratch;
    }
    A->bytes += real * p->vars + 4.0 * 8.0;
    A->cached += 12.0 * p->vars;
    forces->bytes += real * p->vars + 11.0 * 8.0;
    const double entries = list * (s->first[i + 1] - s->first[i]);
    for (work *k = A; k <= forces; k += 3) {
      k->flops += 8.0 * entries;
      k->bytes += 4.0 * entries;           /* the list */
      k->cached += (24.0 + 8.0) * entries; /* positions and types: all neighbours of an atom read them */
    }
    for (int j = s->first[i]; j < s->first[i + 1]; j++)
      neighbour(&e->pair[s->element[i] * e->nelements + s->nelement[j]], real, A, forces);
  }
  for (int k = 0; k < KERNELS; k++) {
    kernel[k].flops /= s->natoms;
    kernel[k].bytes /= s->natoms;
    kernel[k].cached /= s->natoms;
    kernel[k].scratch /= s->natoms;
  }
  free(stamp);
  free(of);
}

static void report(const work kernel[KERNELS], const char *precision, double lanes, double peak, double bandwidth) {
  static const char *const name[KERNELS] = {"A", "products, by threads", "products, by teams", "forces"};
  const int taken = lanes > 0.0 ? 2 : 1;
  work sum = {0.0, 0.0, 0.0, 0.0};
  double least = 0.0;
  printf("%s; teams of %.0f atoms\n  %-22s %8s %8s %8s %8s %10s %12s\n", precision, lanes, "kernel", "flop", "memory",
         "cached", "scratch", "flop/byte", "at least, ns");
  for (int k = 0; k < KERNELS; k++) {
    const double compute = 1e9 * kernel[k].flops / peak, memory = 1e9 * kernel[k].bytes / bandwidth;
    if (k == 2 && lanes <= 0.0)
      continue;
    printf("  %-22s %8.0f %8.0f %8.0f %8.0f %10.2f %9.2f %s\n", name[k], kernel[k].flops, kernel[k].bytes,
           kernel[k].cached, kernel[k].scratch, kernel[k].flops / kernel[k].bytes, compute > memory ? compute : memory,
           compute > memory ? "c" : "m");
    if (k == 3 - taken)
      continue;
    sum.flops += kernel[k].flops;
    sum.bytes += kernel[k].bytes;
    sum.cached += kernel[k].cached;
    sum.scratch += kernel[k].scratch;
    least += compute > memory ? compute : memory;
  }
  printf("  %-22s %8.0f %8.0f %8.0f %8.0f %10.2f %9.2f\n", "all", sum.flops, sum.bytes, sum.cached, sum.scratch,
         sum.flops / sum.bytes, least);
}

static void usage(FILE *to) {
  fputs(
      "usage: bench_kokkos_counts [-l length of the list / neighbours] [-p peak, flop/s] [-b memory bandwidth, byte/s] "
      "model.yace\n"
      "Operations and bytes per atom and step, and the time that they take at least on a device of that peak and\n"
      "bandwidth (c: its arithmetic, m: its memory decides); without: an A100 (9.7e12, 1.555e12)\n",
      to);
}

int main(int argc, char **argv) {
  int option;
  double list = 2.0, peak = 9.7e12, bandwidth = 1.555e12;
  while ((option = getopt(argc, argv, "l:p:b:h")) != -1) {
    double *const to = option == 'l' ? &list : option == 'p' ? &peak : option == 'b' ? &bandwidth : NULL;
    if (to != NULL && atof(optarg) > 0.0) {
      *to = atof(optarg);
      continue;
    }
    usage(option == 'h' ? stdout : stderr);
    return option == 'h' ? 0 : 2;
  }
  if (optind + 1 != argc) {
    usage(stderr);
    return 2;
  }
  ace_model *model = NULL;
  ace_eval *e = NULL;
  lisi_error err = {0};
  if (ace_model_load(argv[optind], &model, NULL, 0, &err) != LISI_OK || ace_eval_create(model, &e, &err) != LISI_OK)
    die(err.message);
  const neighbours s = make_system(5, ace_model_cutoff(model), model->nelements);
  for (int mu = 0; mu < e->nelements; mu++) {
    const ace_product *p = &e->central[mu].product;
    printf("%-2s: %u A (%u numbers), %u products kept, %u values in all, %u terms in %u groups, %d densities\n",
           model->element[mu], p->nvar, p->vars, p->nkept, p->size, p->nterm, p->ngroup, p->ndensity);
  }
  printf("%.1f neighbours, lists of %.1f; peak %.3g flop/s, %.3g byte/s; per atom and step:\n",
         (double)s.first[s.natoms] / s.natoms, list * s.first[s.natoms] / s.natoms, peak, bandwidth);
  work kernel[KERNELS];
  count(e, &s, list, 8.0, kernel);
  report(kernel, "double", team_lanes(e, 8.0), peak, bandwidth);
  count(e, &s, list, 4.0, kernel);
  report(kernel, "single A and products", team_lanes(e, 4.0), peak, bandwidth);
  free(s.element);
  free(s.first);
  free(s.nelement);
  free(s.rij);
  ace_eval_free(e);
  ace_model_free(model);
  return 0;
}
