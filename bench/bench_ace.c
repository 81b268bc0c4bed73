/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Microseconds per atom and step of the ACE evaluator on one core, with the share of each part. The system is bcc with
 * random displacements at the density and composition of Li13Si4; the model is a .yace file with the elements Li and
 * Si, or a random one with ranks up to 4. bench_ace [-a number of cells along an axis] [-s seconds] [model.yace] */
#include "ace_eval.h"
#include "ace_eval_tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t state = 88172645463325252u;
static double uniform(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (double)(state >> 11) / 9007199254740992.0;
}

static void die(const char *what) {
  fprintf(stderr, "bench_ace: %s\n", what);
  exit(1);
}
static void *need(void *p) {
  if (p == NULL)
    die("no memory");
  return p;
}

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

/* ---- the system ---- */
typedef struct {
  int natoms, *element, *first, *nelement;
  double (*rij)[3];
} neighbours;

static neighbours make_system(int cells, double cutoff) {
  const double a = 3.16, box = cells * a; /* 15.8 Angstrom^3 an atom, as Li13Si4 */
  neighbours s = {.natoms = 2 * cells * cells * cells};
  const size_t n = (size_t)s.natoms;
  double(*x)[3] = need(malloc(n * sizeof *x));
  s.element = need(malloc(n * sizeof *s.element));
  s.first = need(malloc((n + 1) * sizeof *s.first));
  for (int i = 0; i < s.natoms; i++) {
    const int c = i / 2;
    const int cell[3] = {c % cells, c / cells % cells, c / cells / cells};
    for (int k = 0; k < 3; k++)
      x[i][k] = a * (cell[k] + 0.5 * (i % 2)) + 0.3 * (uniform() - 0.5);
    s.element[i] = uniform() < 4.0 / 17.0;
  }
  const int images = (int)(cutoff / box) + 1;
  size_t capacity = 0, count = 0;
  for (int i = 0; i < s.natoms; i++) {
    s.first[i] = (int)count;
    for (int j = 0; j < s.natoms; j++)
      for (int p = -images; p <= images; p++)
        for (int q = -images; q <= images; q++)
          for (int r = -images; r <= images; r++) {
            const double d[3] = {x[j][0] - x[i][0] + p * box, x[j][1] - x[i][1] + q * box, x[j][2] - x[i][2] + r * box};
            const double r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
            if (r2 > cutoff * cutoff || (i == j && p == 0 && q == 0 && r == 0))
              continue;
            if (count == capacity) {
              capacity = 2 * capacity + 1000;
              s.rij = need(realloc(s.rij, capacity * sizeof *s.rij));
              s.nelement = need(realloc(s.nelement, capacity * sizeof *s.nelement));
            }
            memcpy(s.rij[count], d, sizeof d);
            s.nelement[count++] = s.element[j];
          }
  }
  s.first[s.natoms] = (int)count;
  free(x);
  return s;
}

/* ---- the parts, each alone ---- */
static ace_batch *batches_of(const ace_eval *e, const neighbours *s, int i, int nu, int *n) {
  ace_batch *batch = need(calloc((size_t)(s->first[i + 1] - s->first[i]) / 4 + 1, sizeof *batch));
  int count = 0;
  for (int j = s->first[i]; j < s->first[i + 1]; j++) {
    const double *d = s->rij[j], r = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    if (s->nelement[j] != nu || r >= e->pair[s->element[i] * e->nelements + nu].bond.rcut)
      continue;
    ace_batch *b = &batch[count / 4];
    for (int k = 0; k < 3; k++)
      b->u[k][count % 4] = d[k] / r;
    b->r[count % 4] = r;
    b->source[count % 4] = j;
    count++;
  }
  *n = (count + 3) / 4;
  for (int k = count; k < 4 * *n; k++) {
    batch[k / 4].u[2][k % 4] = batch[k / 4].r[k % 4] = 1.0;
    batch[k / 4].source[k % 4] = -1;
  }
  return batch;
}

static void parts(const ace_eval *e, const neighbours *s, double t[3]) {
  double *A = need(aligned_alloc(64, ((size_t)e->nA_max + 16) / 8 * 64)),
         *row = need(aligned_alloc(64, ((size_t)e->ncol_max * 10 + 16) / 8 * 64));
  double *value = need(aligned_alloc(64, ((size_t)e->nnode_max + 1) * 64)),
         *adjoint = need(aligned_alloc(64, ((size_t)e->nnode_max + 1) * 64));
  memset(A, 0, (size_t)e->nA_max * sizeof *A);
  for (size_t k = 0; k < 8 * (size_t)e->nnode_max; k++)
    value[k] = uniform();
  const int repeat = 5, blocks = s->natoms;
  t[0] = t[1] = t[2] = 0.0;
  for (int i = 0; i < s->natoms; i++)
    for (int nu = 0; nu < e->nelements; nu++) {
      const ace_pair_table *pair = &e->pair[s->element[i] * e->nelements + nu];
      int n;
      ace_batch *batch = batches_of(e, s, i, nu, &n);
      const double t0 = now();
      ace_kernel_gather(pair, &e->lm, batch, n, A, row);
      const double t1 = now();
      ace_kernel_scatter(pair, &e->lm, batch, n, A, row);
      t[0] += t1 - t0;
      t[2] += now() - t1;
      free(batch);
    }
  double rho[8 * 4];
  const double t0 = now();
  for (int k = 0; k < repeat; k++)
    for (int i = 0; i < blocks; i += 4) { /* four atoms at a time */
      const ace_product *p = &e->central[s->element[i]].product;
      memset(adjoint, 0, 8 * (size_t)p->nnode * sizeof *adjoint);
      ace_kernel_products(p, value);
      ace_kernel_densities(p, value, rho, adjoint);
      if (p->ndensity > 1)
        ace_kernel_weighted(p, value, rho, adjoint);
      ace_kernel_reverse(p, value, adjoint);
    }
  t[1] = (now() - t0) / repeat;
  for (int k = 0; k < 3; k++)
    t[k] *= 1e6 / s->natoms;
  free(A);
  free(row);
  free(value);
  free(adjoint);
}

int main(int argc, char **argv) {
  int cells = 5, option;
  double seconds = 2.0;
  while ((option = getopt(argc, argv, "a:s:")) != -1) {
    if (option == 'a' && atoi(optarg) > 0 && atoi(optarg) <= 40)
      cells = atoi(optarg);
    else if (option == 's' && atof(optarg) > 0.0)
      seconds = atof(optarg);
    else {
      fprintf(stderr, "usage: bench_ace [-a cells] [-s seconds] [model.yace]\n");
      return 2;
    }
  }
  ace_model *model = NULL;
  lisi_error err = {0};
  if (optind == argc)
    model = random_model();
  else if (ace_model_load(argv[optind], &model, NULL, 0, &err) != LISI_OK)
    die(err.message);
  if (model->nelements != 2)
    die("expected a model with two elements");
  ace_eval *e;
  ace_work *w;
  const double t0 = now();
  if (ace_eval_create(model, &e, &err) != LISI_OK || ace_work_create(e, &w, &err) != LISI_OK)
    die(err.message);
  const double made = now() - t0;
  neighbours s = make_system(cells, ace_model_cutoff(model));
  const size_t n = (size_t)s.first[s.natoms];
  double *energy = need(malloc((size_t)s.natoms * sizeof *energy)), (*g)[3] = need(malloc(n * sizeof *g));
  double best = 1e300, spent = 0.0;
  for (int step = 0; step < 3 || spent < seconds; step++) {
    const double a = now();
    if (ace_eval_atoms(e, w, s.natoms, s.element, s.first, s.nelement, (const double(*)[3])s.rij, energy, g, &err) !=
        LISI_OK)
      die(err.message);
    const double b = now() - a;
    spent += b;
    if (b < best)
      best = b;
  }
  double t[3] = {1e300, 1e300, 1e300}, sum = 0.0;
  for (int k = 0; k < 5; k++) { /* the best of several, as above: others use the machine too */
    double once[3];
    parts(e, &s, once);
    for (int i = 0; i < 3; i++)
      t[i] = once[i] < t[i] ? once[i] : t[i];
  }
  for (int i = 0; i < s.natoms; i++)
    sum += energy[i];
  for (int mu = 0; mu < 2; mu++)
    printf("%-2s: %d functions, %u variables, %u products, %u pair terms in %u groups\n", model->element[mu],
           model->species[mu].nfunctions, e->central[mu].product.nvar,
           e->central[mu].product.nnode - e->central[mu].product.nvar, e->central[mu].product.nterm,
           e->central[mu].product.ngroup);
  printf("tables made in %.0f ms; %d atoms, %.1f neighbours each; energy %.9g eV\n", 1e3 * made, s.natoms,
         (double)n / s.natoms, sum);
  const double all = 1e6 * best / s.natoms;
  printf("%.2f microseconds per atom and step (best step); alone: radial functions and A %.2f, products %.2f, forces "
         "%.2f, the rest %.2f\n",
         all, t[0], t[1], t[2], all - t[0] - t[1] - t[2]);
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
