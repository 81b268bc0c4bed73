/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Microseconds per atom and step of the ACE evaluator on one core, floating-point operations, and the share of each
 * part. The system is bcc with random displacements at the density and composition of Li13Si4 (the first element as Li,
 * the others as Si); the model is a .yace file, or a random one with ranks up to 4. */
#include "bench_ace.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- a random model of the usual shape, printed as .yace and read back ---- */
typedef struct {
  int nu, n, l;
} factor;

static void print_function(FILE *out, int mu, int rank, const factor *f) {
  int m[4], count = 0;
  char *ms = NULL, *ct = NULL;
  size_t nms, nct;
  FILE *a = need(open_memstream(&ms, &nms)), *b = need(open_memstream(&ct, &nct));
  for (int t = 0; t < rank; t++)
    m[t] = -f[t].l;
  for (;;) {
    int sum = 0, t = rank - 1;
    for (int k = 0; k < rank; k++)
      sum += m[k];
    if (sum == 0) {
      for (int k = 0; k < rank; k++)
        fprintf(a, "%s%d", count > 0 || k > 0 ? ", " : "", m[k]);
      fprintf(b, "%s%.6f", count++ > 0 ? ", " : "", 0.02 * (uniform() - 0.5) / rank);
    }
    while (t >= 0 && ++m[t] > f[t].l) {
      m[t] = -f[t].l;
      t--;
    }
    if (t < 0)
      break;
  }
  fclose(a);
  fclose(b);
  fprintf(out, "    - {mu0: %d, rank: %d, ndensity: 1, num_ms_combs: %d, mus: [", mu, rank, count);
  for (int t = 0; t < rank; t++)
    fprintf(out, "%s%d", t > 0 ? ", " : "", f[t].nu);
  fputs("], ns: [", out);
  for (int t = 0; t < rank; t++)
    fprintf(out, "%s%d", t > 0 ? ", " : "", f[t].n);
  fputs("], ls: [", out);
  for (int t = 0; t < rank; t++)
    fprintf(out, "%s%d", t > 0 ? ", " : "", f[t].l);
  fprintf(out, "], ms_combs: [%s], ctildes: [%s]}\n", ms, ct);
  free(ms);
  free(ct);
}

static int before(const factor *a, const factor *b) {
  return a->l != b->l ? a->l < b->l : (a->n != b->n ? a->n < b->n : a->nu <= b->nu);
}

/* All functions up to a degree n + l summed over the factors, the factors in order. */
static int print_rank(FILE *out, int mu, int rank, int degree, int nmax, int lmax) {
  factor f[4];
  int count = 0, depth = 0;
  factor all[200];
  int nall = 0, at[4];
  for (int l = 0; l <= lmax; l++)
    for (int n = 1; n <= nmax; n++)
      for (int nu = 0; nu < 2; nu++)
        all[nall++] = (factor){nu, n, l};
  at[0] = -1;
  while (depth >= 0) {
    if (++at[depth] >= nall) {
      depth--;
      continue;
    }
    f[depth] = all[at[depth]];
    if (depth > 0 && !before(&f[depth - 1], &f[depth]))
      continue;
    if (depth < rank - 1) {
      at[depth + 1] = -1;
      depth++;
      continue;
    }
    int sum = 0, l = 0, largest = 0;
    for (int t = 0; t < rank; t++) {
      sum += f[t].n + f[t].l - 1;
      l += f[t].l;
      if (f[t].l > largest)
        largest = f[t].l;
    }
    if (sum > degree || l % 2 != 0 || 2 * largest > l)
      continue;
    print_function(out, mu, rank, f);
    count++;
  }
  return count;
}

static ace_model *random_model(void) {
  char *text = NULL;
  size_t size;
  FILE *out = need(open_memstream(&text, &size));
  fputs("elements: [Li, Si]\nE0: [0, 0]\ndeltaSplineBins: 0.001\nembeddings:\n", out);
  for (int mu = 0; mu < 2; mu++)
    fprintf(out, "  %d: {ndensity: 1, FS_parameters: [1, 1], npoti: FinnisSinclair}\n", mu);
  fputs("bonds:\n", out);
  for (int b = 0; b < 4; b++) {
    fprintf(out,
            "  [%d, %d]: {radbasename: ChebExpCos, nradmax: 6, lmax: 4, nradbasemax: 10, radparameters: [5.25], rcut: "
            "6, dcut: 0.01, rcut_in: 1.5, dcut_in: 0.5, "
            "prehc: 1, lambdahc: 1, inner_cutoff_type: zbl, radcoefficients: [",
            b / 2, b % 2);
    for (int n = 0; n < 6; n++) {
      fputs(n > 0 ? ", [" : "[", out);
      for (int l = 0; l < 5; l++) {
        fputs(l > 0 ? ", [" : "[", out);
        for (int k = 0; k < 10; k++)
          fprintf(out, "%s%.6f", k > 0 ? ", " : "", uniform() - 0.5);
        fputc(']', out);
      }
      fputc(']', out);
    }
    fputs("]}\n", out);
  }
  fputs("functions:\n", out);
  for (int mu = 0; mu < 2; mu++) {
    fprintf(out, "  %d:\n", mu);
    for (int nu = 0; nu < 2; nu++)
      for (int k = 1; k <= 10; k++)
        fprintf(out,
                "    - {mu0: %d, rank: 1, ndensity: 1, num_ms_combs: 1, mus: [%d], ns: [%d], ls: [0], ms_combs: [0], "
                "ctildes: [0.1]}\n",
                mu, nu, k);
    (void)print_rank(out, mu, 2, 7, 6, 4);
    (void)print_rank(out, mu, 3, 3, 3, 2);
    (void)print_rank(out, mu, 4, 2, 2, 2);
  }
  fclose(out);
  ace_model *model;
  lisi_error err = {0};
  if (ace_model_parse(text, size, "random model", &model, NULL, 0, &err) != LISI_OK)
    die(err.message);
  free(text);
  return model;
}

/* Per part, all atoms together. */
static void count_flops(const ace_eval *e, const neighbours *s, double flops[ACE_PARTS]) {
  memset(flops, 0, ACE_PARTS * sizeof *flops);
  for (int i = 0; i < s->natoms; i++) {
    flops[ACE_PART_PRODUCTS] += central_flops(&e->central[s->element[i]].product);
    for (int j = s->first[i]; j < s->first[i + 1]; j++) {
      const ace_pair_table *t = &e->pair[s->element[i] * e->nelements + s->nelement[j]];
      if (s->rij[j][0] * s->rij[j][0] + s->rij[j][1] * s->rij[j][1] + s->rij[j][2] * s->rij[j][2] >= t->rcut2)
        continue;
      flops[ACE_PART_RADIAL] += radial_flops(t);
      flops[ACE_PART_A] += 2.0 * channels(t);
      flops[ACE_PART_FORCES] += force_flops(t);
    }
  }
}

/* One call after the other for `seconds`; the time of each call on the processor, sorted. */
static int compare_doubles(const void *p, const void *q) {
  const double a = *(const double *)p, b = *(const double *)q;
  return (a > b) - (a < b);
}
static size_t time_steps(const ace_eval *e, ace_work *w, const neighbours *s, double seconds, double *energy,
                         double (*g)[3], double *step, size_t nmax) {
  lisi_error err = {0};
  double spent = 0.0;
  size_t n = 0;
  while (n < nmax && (n < 5 || spent < seconds)) {
    const double a = now();
    if (ace_eval_atoms(e, w, s->natoms, s->element, s->first, s->nelement, (const double(*)[3])s->rij, energy, g,
                       &err) != LISI_OK)
      die(err.message);
    spent += step[n++] = now() - a;
  }
  qsort(step, n, sizeof *step, compare_doubles);
  return n;
}

static void usage(FILE *to) {
  fputs("usage: bench_ace [-a cells along an axis] [-s seconds] [-q] [model.yace]\n"
        "-q: one line: microseconds per atom and step (median and best), GFLOP/s\n"
        "LISI_SIMD=sse2|avx2|avx512 chooses the kernels\n",
        to);
}

int main(int argc, char **argv) {
  int cells = 5, option, quiet = 0;
  double seconds = 2.0;
  while ((option = getopt(argc, argv, "a:s:qh")) != -1) {
    if (option == 'a' && atoi(optarg) > 0 && atoi(optarg) <= 40)
      cells = atoi(optarg);
    else if (option == 's' && atof(optarg) > 0.0)
      seconds = atof(optarg);
    else if (option == 'q')
      quiet = 1;
    else {
      usage(option == 'h' ? stdout : stderr);
      return option == 'h' ? 0 : 2;
    }
  }
  ace_model *model = NULL;
  lisi_error err = {0};
  if (optind == argc)
    model = random_model();
  else if (ace_model_load(argv[optind], &model, NULL, 0, &err) != LISI_OK)
    die(err.message);
  ace_eval *e;
  ace_work *w;
  const double t0 = now();
  if (ace_eval_create(model, &e, &err) != LISI_OK || ace_work_create(e, &w, &err) != LISI_OK)
    die(err.message);
  const double made = now() - t0;
  const neighbours s = make_system(cells, ace_model_cutoff(model), model->nelements);
  const size_t n = (size_t)s.first[s.natoms];
  enum { STEPS = 100000 };
  double *energy = need(malloc((size_t)s.natoms * sizeof *energy)), (*g)[3] = need(malloc(n * sizeof *g)),
         *step = need(malloc(STEPS * sizeof *step)), part[ACE_PARTS] = {0.0}, flops[ACE_PARTS], all = 0.0, sum = 0.0,
         timed = 0.0;
  (void)time_steps(e, w, &s, 0.0, energy, g, step, 5); /* warm up */
  const size_t count = time_steps(e, w, &s, 0.7 * seconds, energy, g, step, STEPS);
  const double scale = 1e6 / s.natoms, median = scale * step[count / 2], best = scale * step[0];
  ace_work_time(w, part);
  (void)time_steps(e, w, &s, 0.3 * seconds, energy, g, step, STEPS);
  ace_work_time(w, NULL);
  count_flops(e, &s, flops);
  for (int k = 0; k < ACE_PARTS; k++) {
    timed += part[k];
    all += flops[k];
  }
  all /= s.natoms;
  if (quiet)
    printf("%.3f %.3f %.2f\n", median, best, 1e-3 * all / median);
  else {
    static const char *const name[ACE_PARTS] = {"neighbours", "radial", "A", "products", "forces"};
    for (int i = 0; i < s.natoms; i++)
      sum += energy[i];
    for (int mu = 0; mu < model->nelements; mu++) {
      const ace_product *p = &e->central[mu].product;
      printf("%-2s: %d functions, %d densities, %u A, %u products kept, %u pair terms in %u groups\n",
             model->element[mu], model->species[mu].nfunctions, p->ndensity, p->nvar, p->nkept, p->nterm, p->ngroup);
    }
    printf("%s, %d lanes; tables of %.1f MB made in %.0f ms, scratch %.0f kB; %d atoms, %.1f neighbours each; energy "
           "%.9g eV\n",
           ace_eval_simd(e), ace_eval_lanes(e), 1e-6 * (double)ace_eval_bytes(e), 1e3 * made,
           1e-3 * (double)ace_work_bytes(e, w), s.natoms, (double)n / s.natoms, sum);
    printf("%.2f microseconds per atom and step (median of %zu, best %.2f); %.0f flop per atom, %.1f GFLOP/s\n", median,
           count, best, all, 1e-3 * all / median);
    for (int k = 0; k < ACE_PARTS; k++)
      printf("  %-10s %4.1f %%  %5.2f us  %4.1f GFLOP/s\n", name[k], 100.0 * part[k] / timed, median * part[k] / timed,
             1e-3 * flops[k] / s.natoms / (median * part[k] / timed));
  }
  free(step);
  free(energy);
  free(g);
  free(s.element);
  free(s.first);
  free(s.nelement);
  free(s.rij);
  ace_work_free(w);
  ace_eval_free(e);
  ace_model_free(model);
  return 0;
}
