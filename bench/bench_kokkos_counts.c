/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Floating-point operations and bytes per atom and step of each kernel of pair_style/ace_kokkos_kernels.hpp, counted
 * from the tables of a .yace file: what a GPU has to do, whatever it is. The system is that of bench_ace.
 *
 * Bytes are those that leave a multiprocessor: what it reads from and writes to the caches that all share, or memory.
 * Scratch of a team (shared memory) is not counted, nor are tables that all lanes of a warp read together, of which
 * 1/32 is counted. The radial tables are a few MB and stay in the shared cache of a GPU; they are listed by themselves.
 */
#include "bench_ace.h"

#include "ace_eval.h"

#include <unistd.h>

enum { WARP = 32 };

typedef struct {
  double flops, bytes, cached; /* cached: radial tables, positions and lists beyond their first reading */
} work;

/* Values and adjoints that a product of a kind reads and writes, making it and handing its adjoint down. */
static double places(ace_product_kind kind) {
  /* forward: factors read, result written; reverse: adjoint of the result and factors read, adjoints of the factors
   * read and written */
  static const double n[] = {[ACE_RR] = 3 + 1 + 2 + 4,
                             [ACE_RC] = 5 + 2 + 3 + 6,
                             [ACE_CC] = 6 + 2 + 4 + 8,
                             [ACE_CJ] = 6 + 2 + 4 + 8,
                             [ACE_ABS] = 3 + 1 + 2 + 4};
  return n[kind];
}
/* The same for the leader of a group: its value is made on the spot. */
static double leader_places(ace_product_kind kind) {
  static const double n[] = {[ACE_VALUE] = 2 + 4,  [ACE_REAL_VALUE] = 1 + 2, [ACE_RR] = 2 + 2 + 4, [ACE_RC] = 3 + 3 + 6,
                             [ACE_CC] = 4 + 4 + 8, [ACE_CJ] = 4 + 4 + 8,     [ACE_ABS] = 2 + 2 + 4};
  return n[kind];
}

static work products_of(const ace_product *p, double real) {
  const double nd = p->ndensity, sweeps = nd > 1.0 ? 2.0 : 1.0;
  double at = p->size + 3.0 * p->nlinear, tables = 4.0 * 3.0 * p->nkept + (4.0 + nd * real) * p->nlinear;
  for (uint32_t r = 0; r < p->nrun; r++)
    at += p->run[r].count * places(p->run[r].kind);
  for (uint32_t r = 0; r < p->ngrouprun; r++) {
    const ace_run *g = &p->grouprun[r];
    const double parts = g->variety == 0 ? 1.0 : 2.0;
    at += g->count * (leader_places(g->kind) + g->terms * parts * (nd > 1.0 ? 4.0 : 3.0));
    tables += sweeps * g->count * (8.0 + g->terms * (4.0 + nd * real));
  }
  return (work){.flops = central_flops(p), .bytes = real * at + tables / WARP + 7.0 * 8.0};
}

/* What a neighbour costs on the way to A and on the way back. */
static void neighbour(const ace_pair_table *t, work *A, work *forces) {
  const double lm = (t->lmax + 1) * (t->lmax + 2) / 2.0, m0 = t->lmax + 1, geometry = 8.0 + 4.0;
  A->flops += geometry + 15.0 * t->nrow + 4.0 * lm + 2.0 * (lm - m0) + 6.0 * m0 + 2.0 * channels(t);
  forces->flops += geometry + 27.0 * t->nrow + 4.0 * channels(t) + 12.0 * lm + 8.0 * (lm - m0) + 18.0 * m0 + 40.0;
  A->cached += 32.0 * t->nrow;
  forces->cached += 32.0 * t->nrow;
  forces->bytes += 2.0 * 3.0 * 8.0; /* the force on the neighbour, added atomically */
}

static void count(const ace_eval *e, const neighbours *s, double list, double real, work kernel[3]) {
  memset(kernel, 0, 3 * sizeof *kernel);
  work *A = &kernel[0], *products = &kernel[1], *forces = &kernel[2];
  for (int i = 0; i < s->natoms; i++) {
    const ace_product *p = &e->central[s->element[i]].product;
    const work w = products_of(p, real);
    products->flops += w.flops;
    products->bytes += w.bytes;
    A->bytes += real * p->vars + 12.0 * p->vars / WARP + 4.0 * 8.0;
    forces->bytes += real * p->vars + 11.0 * 8.0;
    const double entries = list * (s->first[i + 1] - s->first[i]);
    for (work *k = A; k <= forces; k += 2) {
      k->flops += 8.0 * entries;
      k->bytes += 4.0 * entries;           /* the list */
      k->cached += (24.0 + 8.0) * entries; /* positions and types: read by all neighbours of an atom */
    }
    for (int j = s->first[i]; j < s->first[i + 1]; j++)
      neighbour(&e->pair[s->element[i] * e->nelements + s->nelement[j]], A, forces);
  }
  for (int k = 0; k < 3; k++) {
    kernel[k].flops /= s->natoms;
    kernel[k].bytes /= s->natoms;
    kernel[k].cached /= s->natoms;
  }
}

static void report(const work kernel[3], const char *precision, double peak, double bandwidth) {
  static const char *const name[3] = {"A", "products", "forces"};
  work sum = {0.0, 0.0, 0.0};
  double least = 0.0;
  printf("%s\n  %-9s %10s %10s %10s %10s %12s\n", precision, "kernel", "flop", "bytes", "cached", "flop/byte",
         "at least, ns");
  for (int k = 0; k < 3; k++) {
    const double compute = 1e9 * kernel[k].flops / peak, memory = 1e9 * kernel[k].bytes / bandwidth;
    printf("  %-9s %10.0f %10.0f %10.0f %10.2f %9.2f %s\n", name[k], kernel[k].flops, kernel[k].bytes, kernel[k].cached,
           kernel[k].flops / kernel[k].bytes, compute > memory ? compute : memory, compute > memory ? "c" : "m");
    sum.flops += kernel[k].flops;
    sum.bytes += kernel[k].bytes;
    sum.cached += kernel[k].cached;
    least += compute > memory ? compute : memory;
  }
  printf("  %-9s %10.0f %10.0f %10.0f %10.2f %9.2f\n", "all", sum.flops, sum.bytes, sum.cached, sum.flops / sum.bytes,
         least);
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
  work kernel[3];
  count(e, &s, list, 8.0, kernel);
  report(kernel, "double", peak, bandwidth);
  count(e, &s, list, 4.0, kernel);
  report(kernel, "single A and products", peak, bandwidth);
  free(s.element);
  free(s.first);
  free(s.nelement);
  free(s.rij);
  ace_eval_free(e);
  ace_model_free(model);
  return 0;
}
