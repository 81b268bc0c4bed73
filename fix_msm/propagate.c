/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "propagate.h"

#include <cblas.h>
#include <fftw3.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* P(q) is Hermitian in the basis sqrt(pi) only if detailed balance holds to rounding. */
#define BALANCED 1e-14
/* So many products of a vector with P(q) cost as much as its eigenvectors, per state; and a jump in a sparse product as
 * much as so many elements in a full one. */
#define DIRECT_PER_STATE 12
#define SPARSE_COST 6
/* exp(-41) is below the rounding of 1. */
#define NOTHING 41.0

/* One jump, with the number of its shift. */
typedef struct {
  int i, j, shift;
  double p;
} jump;

typedef struct {
  const propagate_job *job;
  int S;
  int cells[3];
  int waves[3]; /* wave vectors; half as many along the last axis of several cells: the others are complex conjugates */
  size_t nk;
  size_t njumps;
  jump *jumps;
  int nshifts;
  int (*shift)[3];
  double *wave[3]; /* [cells][2] exp(-2 pi i q / cells) along each axis */
  double *root;    /* sqrt(pi), where balanced; else NULL */
  bool direct;     /* few steps: product after product */
  bool sparse;     /* these without the matrix */
} bloch_run;

static void run_free(bloch_run *run) {
  free(run->jumps);
  free(run->shift);
  for (int a = 0; a < 3; a++)
    free(run->wave[a]);
  free(run->root);
}

static int compare_shifts(const void *a, const void *b) {
  return memcmp(a, b, 3 * sizeof(int));
}

static lisi_status prepare(const network *net, const double *pi, const int cells[3], bloch_run *run, lisi_error *err) {
  const size_t S = (size_t)run->S;
  memcpy(run->cells, cells, sizeof run->cells);
  memcpy(run->waves, cells, sizeof run->waves);
  const int halved = cells[2] > 1 ? 2 : cells[1] > 1 ? 1 : 0;
  run->waves[halved] = cells[halved] / 2 + 1;
  run->nk = (size_t)run->waves[0] * (size_t)run->waves[1] * (size_t)run->waves[2];
  run->jumps = malloc((net->n + 1) * sizeof *run->jumps);
  run->shift = malloc((net->n + 1) * sizeof *run->shift);
  run->root = network_imbalance(net, pi) < BALANCED ? malloc(S * sizeof *run->root) : NULL;
  for (int a = 0; a < 3; a++) {
    run->wave[a] = malloc(2 * (size_t)cells[a] * sizeof *run->wave[a]);
    if (run->wave[a] == NULL)
      return lisi_no_memory(err, 2 * (size_t)cells[a] * sizeof *run->wave[a]);
    for (int k = 0; k < cells[a]; k++) {
      /* by way of the nearer end, so that it is even to the last bit */
      const int near = 2 * k > cells[a] ? k - cells[a] : k;
      run->wave[a][2 * k] = cos(2.0 * M_PI * near / cells[a]);
      run->wave[a][2 * k + 1] = -sin(2.0 * M_PI * near / cells[a]);
    }
  }
  if (run->jumps == NULL || run->shift == NULL)
    return lisi_no_memory(err, (net->n + 1) * sizeof *run->jumps);
  for (size_t i = 0; run->root != NULL && i < S; i++)
    run->root[i] = sqrt(pi[i]);
  for (size_t e = 0; e < net->n; e++)
    memcpy(run->shift[e], net->edge[e].r, sizeof run->shift[e]);
  qsort(run->shift, net->n, sizeof *run->shift, compare_shifts);
  for (size_t e = 0; e < net->n; e++) {
    if (e == 0 || memcmp(run->shift[e], run->shift[run->nshifts - 1], sizeof run->shift[e]) != 0)
      memmove(run->shift[run->nshifts++], run->shift[e], sizeof run->shift[e]);
  }
  for (size_t e = 0; e < net->n; e++) {
    const network_edge *x = &net->edge[e];
    int(*at)[3] = bsearch(x->r, run->shift, (size_t)run->nshifts, sizeof *run->shift, compare_shifts);
    double p = x->p;
    if (run->root != NULL)
      p *= run->root[x->i] / run->root[x->j];
    run->jumps[run->njumps++] = (jump){x->i, x->j, (int)(at - run->shift), p};
  }
  return LISI_OK;
}

/* What one thread needs. Complex numbers are pairs of doubles. */
typedef struct {
  double *phase; /* [nshifts] */
  double *jump;  /* [njumps], sparse */
  double *M;     /* [S][S] */
  double *power; /* [levels][S][S], not balanced */
  double *v, *w; /* [S] */
  double *value; /* [S] eigenvalues */
  double *work, *rwork;
  lapack_int *iwork;
  lapack_int lwork, lrwork, liwork;
} workspace;

static void workspace_free(workspace *t) {
  free(t->phase);
  free(t->jump);
  free(t->M);
  free(t->power);
  free(t->v);
  free(t->w);
  free(t->value);
  free(t->work);
  free(t->rwork);
  free(t->iwork);
}

static bool workspace_new(const bloch_run *run, workspace *t) {
  const size_t S = (size_t)run->S;
  *t = (workspace){.phase = malloc(2 * ((size_t)run->nshifts + 1) * sizeof(double)),
                   .jump = malloc(2 * (run->njumps + 1) * sizeof(double)),
                   .M = run->sparse ? NULL : malloc(4 * S * S * sizeof(double)), /* twice the room: a copy */
                   .v = malloc(2 * S * sizeof(double)),
                   .w = malloc(2 * S * sizeof(double)),
                   .value = malloc(S * sizeof(double))};
  if (run->direct)
    return t->phase && t->jump && (t->M || run->sparse) && t->v && t->w && t->value;
  if (run->root == NULL) {
    t->power = malloc(63 * 2 * S * S * sizeof(double)); /* untouched pages cost nothing */
    return t->phase && t->M && t->v && t->w && t->value && t->power;
  }
  double size;
  lapack_complex_double csize;
  lapack_int isize;
  if (!t->phase || !t->M || !t->v || !t->w || !t->value ||
      LAPACKE_zheevd_work(LAPACK_COL_MAJOR, 'V', 'L', (lapack_int)S, (lapack_complex_double *)t->M, (lapack_int)S,
                          t->value, &csize, -1, &size, -1, &isize, -1) != 0)
    return false;
  t->lwork = (lapack_int) * (double *)&csize;
  t->lrwork = (lapack_int)size;
  t->liwork = isize;
  t->work = malloc(2 * (size_t)t->lwork * sizeof(double));
  t->rwork = malloc((size_t)t->lrwork * sizeof(double));
  t->iwork = malloc((size_t)t->liwork * sizeof *t->iwork);
  return t->work && t->rwork && t->iwork;
}

static void multiply(double a[2], const double b[2]) {
  const double re = a[0] * b[0] - a[1] * b[1];
  a[1] = a[0] * b[1] + a[1] * b[0];
  a[0] = re;
}

/* P(q) in the basis sqrt(pi) where balanced: M, row-major, or jump by jump. */
static void matrix_at(const bloch_run *run, const int q[3], workspace *t) {
  const size_t S = (size_t)run->S;
  for (int s = 0; s < run->nshifts; s++) {
    double *f = t->phase + 2 * s;
    f[0] = 1.0;
    f[1] = 0.0;
    for (int a = 0; a < 3; a++) {
      const long long turn = (long long)q[a] * run->shift[s][a] % run->cells[a];
      multiply(f, run->wave[a] + 2 * (turn < 0 ? turn + run->cells[a] : turn));
    }
  }
  for (size_t e = 0; e < run->njumps && run->sparse; e++) {
    const jump *x = &run->jumps[e];
    t->jump[2 * e] = x->p * t->phase[2 * x->shift];
    t->jump[2 * e + 1] = x->p * t->phase[2 * x->shift + 1];
  }
  if (run->sparse)
    return;
  memset(t->M, 0, 2 * S * S * sizeof(double));
  for (size_t e = 0; e < run->njumps; e++) {
    const jump *x = &run->jumps[e];
    double *m = t->M + 2 * ((size_t)x->i * S + (size_t)x->j);
    m[0] += x->p * t->phase[2 * x->shift];
    m[1] += x->p * t->phase[2 * x->shift + 1];
  }
}

/* v -> v M, v -> in t->v. */
static void apply(size_t S, const double *M, workspace *t) {
  static const double one[2] = {1.0, 0.0}, zero[2] = {0.0, 0.0};
  cblas_zgemv(CblasRowMajor, CblasTrans, (int)S, (int)S, one, M, (int)S, t->v, 1, zero, t->w, 1);
  double *swap = t->v;
  t->v = t->w;
  t->w = swap;
}

static void apply_jumps(const bloch_run *run, workspace *t) {
  memset(t->w, 0, 2 * (size_t)run->S * sizeof(double));
  for (size_t e = 0; e < run->njumps; e++) {
    const double *a = t->jump + 2 * e, *x = t->v + 2 * run->jumps[e].i;
    double *y = t->w + 2 * run->jumps[e].j;
    y[0] += a[0] * x[0] - a[1] * x[1];
    y[1] += a[0] * x[1] + a[1] * x[0];
  }
  double *swap = t->v;
  t->v = t->w;
  t->w = swap;
}

/* |eigenvalues|^n below rounding: both bound +- H are positive definite. */
static bool is_gone(size_t S, long long n, workspace *t) {
  const double bound = exp(-NOTHING / (double)n);
  double *copy = t->M + 2 * S * S;
  for (int sign = -1; sign <= 1; sign += 2) {
    for (size_t k = 0; k < 2 * S * S; k++)
      copy[k] = sign * t->M[k];
    for (size_t i = 0; i < S; i++) {
      copy[2 * (i * S + i)] += bound;
      if (!(copy[2 * (i * S + i)] > 0.0))
        return false;
    }
    if (LAPACKE_zpotrf_work(LAPACK_COL_MAJOR, 'L', (lapack_int)S, (lapack_complex_double *)copy, (lapack_int)S) != 0)
      return false;
  }
  return true;
}

static double power_of(double x, double n) {
  const double size = pow(fmin(fabs(x), 1.0), n);
  return x < 0.0 && fmod(n, 2.0) != 0.0 ? -size : size;
}

/* By eigenvectors; t->v holds the start, in the basis sqrt(pi). The array of M row by row is the transpose column by
 * column, which is what a row vector needs. */
static lapack_int by_vectors(const bloch_run *run, int from, int to, double *const *out, size_t at, workspace *t) {
  const size_t S = (size_t)run->S;
  const long long *steps = run->job->steps;
  if (steps[from] > 0 && is_gone(S, steps[from], t)) {
    for (int k = from; k < to; k++)
      memset(out[k - from] + at, 0, 2 * S * sizeof(double));
    return 0;
  }
  const lapack_int info = LAPACKE_zheevd_work(LAPACK_COL_MAJOR, 'V', 'L', (lapack_int)S, (lapack_complex_double *)t->M,
                                              (lapack_int)S, t->value, (lapack_complex_double *)t->work, t->lwork,
                                              t->rwork, t->lrwork, t->iwork, t->liwork);
  if (info != 0)
    return info;
  for (size_t c = 0; c < S; c++) {
    double re = 0.0, im = 0.0;
    const double *x = t->M + 2 * c * S;
    for (size_t r = 0; r < S; r++) {
      re += x[2 * r] * t->v[2 * r] + x[2 * r + 1] * t->v[2 * r + 1];
      im += x[2 * r] * t->v[2 * r + 1] - x[2 * r + 1] * t->v[2 * r];
    }
    t->w[2 * c] = re;
    t->w[2 * c + 1] = im;
  }
  for (int k = from; k < to; k++) {
    double *y = out[k - from] + at;
    memset(y, 0, 2 * S * sizeof(double));
    for (size_t c = 0; c < S; c++) {
      const double l = power_of(t->value[c], (double)steps[k]), re = l * t->w[2 * c], im = l * t->w[2 * c + 1];
      const double *x = t->M + 2 * c * S;
      if (re == 0.0 && im == 0.0)
        continue;
      for (size_t r = 0; r < S; r++) {
        y[2 * r] += x[2 * r] * re - x[2 * r + 1] * im;
        y[2 * r + 1] += x[2 * r] * im + x[2 * r + 1] * re;
      }
    }
  }
  return 0;
}

/* By products: few steps, or no detailed balance (then with the squares of P(q)). */
static void by_products(const bloch_run *run, int from, int to, double *const *out, size_t at, bool squares,
                        workspace *t) {
  static const double one[2] = {1.0, 0.0}, zero[2] = {0.0, 0.0};
  const size_t S = (size_t)run->S, SS = 2 * S * S;
  long long done = 0;
  int level = 0;
  if (squares)
    memcpy(t->power, t->M, SS * sizeof(double));
  for (int k = from; k < to; k++) {
    long long left = run->job->steps[k] - done;
    done += left;
    if (!squares) {
      for (; left > 0; left--) {
        if (run->sparse)
          apply_jumps(run, t);
        else
          apply(S, t->M, t);
      }
    }
    for (int bit = 0; left > 0; bit++, left >>= 1) {
      for (; level < bit; level++) {
        const double *x = t->power + (size_t)level * SS;
        cblas_zgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)S, (int)S, (int)S, one, x, (int)S, x, (int)S, zero,
                    t->power + (size_t)(level + 1) * SS, (int)S);
      }
      if ((left & 1) != 0)
        apply(S, t->power + (size_t)bit * SS, t);
    }
    memcpy(out[k - from] + at, t->v, 2 * S * sizeof(double));
  }
}

static double total_of(size_t S, const double *v) {
  double sum = 0.0;
  for (size_t i = 0; i < S; i++)
    sum += v[2 * i];
  return sum;
}

/* All times of a batch at one wave vector. */
static lapack_int advance(const bloch_run *run, size_t number, const double *start, int from, int to,
                          double *const *out, workspace *t) {
  const size_t S = (size_t)run->S, at = 2 * number * S;
  const size_t row = number / (size_t)run->waves[2];
  const int q[3] = {(int)(row / (size_t)run->waves[1]), (int)(row % (size_t)run->waves[1]),
                    (int)(number % (size_t)run->waves[2])};
  const double total = total_of(S, start + at);
  memcpy(t->v, start + at, 2 * S * sizeof(double));
  matrix_at(run, q, t);
  for (size_t i = 0; run->root != NULL && i < S; i++) {
    t->v[2 * i] /= run->root[i];
    t->v[2 * i + 1] /= run->root[i];
  }
  if (run->direct || run->root == NULL) {
    by_products(run, from, to, out, at, !run->direct, t);
  } else {
    const lapack_int info = by_vectors(run, from, to, out, at, t);
    if (info != 0)
      return info;
  }
  for (int k = from; k < to; k++) {
    double *y = out[k - from] + at;
    for (size_t i = 0; run->root != NULL && i < S; i++) {
      y[2 * i] *= run->root[i];
      y[2 * i + 1] *= run->root[i];
    }
    if (number == 0) {
      const double factor = total / total_of(S, y);
      for (size_t i = 0; i < S; i++)
        y[2 * i] *= factor;
    }
  }
  return 0;
}

static lisi_status batch(const bloch_run *run, const double *start, int from, int to, double *const *out,
                         lisi_error *err) {
  size_t done = 0;
  bool stop = false, memory = true;
  lapack_int failed = 0;
#pragma omp parallel
  {
    workspace top;
    bool ready = workspace_new(run, &top);
    if (!ready) {
#pragma omp atomic write
      memory = false;
    }
#pragma omp for schedule(dynamic, 16)
    for (size_t k = 0; k < run->nk; k++) {
      bool halt;
#pragma omp atomic read
      halt = stop;
      if (!ready || halt)
        continue;
      const lapack_int info = advance(run, k, start, from, to, out, &top);
      if (info != 0) {
#pragma omp atomic write
        failed = info;
      }
      if (k % 256 != 0)
        continue;
#pragma omp critical(lisi_propagate)
      {
        done += 256;
        if (run->job->progress != NULL)
          run->job->progress(run->job->progress_context,
                             (double)from + (double)done / (double)run->nk * (double)(to - from),
                             (double)run->job->ntimes);
        if (run->job->interrupted != NULL && run->job->interrupted()) {
#pragma omp atomic write
          stop = true;
        }
      }
    }
    workspace_free(&top);
  }
  if (!memory)
    return lisi_no_memory(err, 8 * (size_t)run->S * (size_t)run->S * sizeof(double));
  if (failed != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC, "the eigenvectors of P(q) were not found (zheevd: %d)", (int)failed);
  return stop ? lisi_fail(err, LISI_ERR_CANCELLED, "interrupted") : LISI_OK;
}

/* Between cells and wave vectors, all states at once; [..][S] on both sides. The transform back destroys its input.
 * FFTW halves the last axis that it is told of, so axes of one cell at the end are left out. */
static fftw_plan plan_for(const bloch_run *run, double *real, double *waves, bool back) {
  const int rank = run->cells[2] > 1 ? 3 : run->cells[1] > 1 ? 2 : 1;
  const unsigned how = FFTW_ESTIMATE | FFTW_DESTROY_INPUT; /* no trial runs: the same plan every time */
  if (back)
    return fftw_plan_many_dft_c2r(rank, run->cells, run->S, (fftw_complex *)waves, run->waves, run->S, 1, real,
                                  run->cells, run->S, 1, how);
  return fftw_plan_many_dft_r2c(rank, run->cells, run->S, real, run->cells, run->S, 1, (fftw_complex *)waves,
                                run->waves, run->S, 1, how);
}

static lisi_status check_job(const network *net, const propagate_job *job, size_t ncells, lisi_error *err) {
  for (int k = 0; k < job->ntimes; k++) {
    if (job->steps[k] < (k > 0 ? job->steps[k - 1] : 0) || job->steps[k] > 1LL << 52)
      return lisi_fail(err, LISI_ERR_INPUT, "times must be rising, from 0 to 2^52 lags");
  }
  for (size_t s = 0; s < job->nseeds; s++) {
    if (job->seed[s].cell >= ncells || job->seed[s].state < 0 || job->seed[s].state >= net->space.n ||
        !isfinite(job->seed[s].p))
      return lisi_fail(err, LISI_ERR_INPUT, "seed %zu lies outside the lattice, or is no number", s);
  }
  return LISI_OK;
}

static void plant(const propagate_job *job, size_t size, size_t S, double *p) {
  memset(p, 0, size * sizeof *p);
  for (size_t s = 0; s < job->nseeds; s++)
    p[job->seed[s].cell * S + (size_t)job->seed[s].state] += job->seed[s].p;
}

static lisi_status transform(const bloch_run *run, double *real, double *waves, bool back, lisi_error *err) {
  fftw_plan plan = plan_for(run, real, waves, back);
  if (plan == NULL)
    return lisi_fail(err, LISI_ERR_INTERNAL, "FFTW has no plan for %d x %d x %d", run->cells[0], run->cells[1],
                     run->cells[2]);
  fftw_execute(plan);
  fftw_destroy_plan(plan);
  return LISI_OK;
}

/* Times from `first` on, which are above 0, in batches that fit into memory. start: the transform of the seeds, which
 * the last time of all takes the place of. */
static lisi_status all_times(const bloch_run *run, int first, size_t ncells, double *start, double *real,
                             lisi_error *err) {
  const propagate_job *job = run->job;
  const size_t S = (size_t)run->S, bytes = 2 * run->nk * S * sizeof(double);
  const size_t limit = job->memory > 0 ? job->memory : (size_t)3 << 29, left = (size_t)(job->ntimes - first);
  size_t most = limit / bytes < 1 ? 1 : limit / bytes;
  most = most > left ? left : most;
  const size_t own = most == left ? most - 1 : most;
  double **out = calloc(most, sizeof *out), *spare = NULL;
  bool memory = out != NULL;
  for (size_t k = 0; k < own && memory; k++)
    memory = (out[k] = fftw_malloc(bytes)) != NULL;
  lisi_status status = memory ? LISI_OK : lisi_no_memory(err, most * bytes);
  for (int from = first; from < job->ntimes && status == LISI_OK; from += (int)most) {
    const int to = from + (int)most < job->ntimes ? from + (int)most : job->ntimes;
    if (to == job->ntimes) {
      spare = out[to - from - 1];
      out[to - from - 1] = start;
    }
    status = batch(run, start, from, to, out, err);
    for (int k = from; k < to && status == LISI_OK; k++) {
      status = transform(run, real, out[k - from], true, err);
      for (size_t x = 0; x < ncells * S; x++)
        real[x] /= (double)ncells;
      if (status == LISI_OK)
        status = job->visit(job->context, k, real, err);
    }
  }
  for (size_t k = 0; k < most && out != NULL; k++) {
    if (out[k] != start)
      fftw_free(out[k]);
  }
  fftw_free(spare);
  free(out);
  return status;
}

lisi_status propagate_periodic(const network *net, const double *pi, const int cells[3], const propagate_job *job,
                               lisi_error *err) {
  double product = 1.0;
  for (int a = 0; a < 3; a++)
    product *= cells[a] >= 1 ? cells[a] : 0;
  if (!(product >= 1.0 && product <= PROPAGATE_MOST_CELLS))
    return lisi_fail(err, LISI_ERR_INPUT, "expected a lattice of 1 to %d unit cells, found %d x %d x %d",
                     PROPAGATE_MOST_CELLS, cells[0], cells[1], cells[2]);
  const size_t ncells = (size_t)product, S = (size_t)net->space.n;
  lisi_status status = check_job(net, job, ncells, err);
  if (status != LISI_OK || job->ntimes == 0)
    return status;
  bloch_run run = {.job = job, .S = net->space.n};
  status = prepare(net, pi, cells, &run, err);
  const double n = (double)job->steps[job->ntimes - 1], full = (double)S * (double)S,
               jumps = SPARSE_COST * (double)net->n;
  run.direct = n * fmin(full, jumps) <= DIRECT_PER_STATE * (double)S * full;
  run.sparse = run.direct && jumps < full;
  double *start = fftw_malloc(2 * run.nk * S * sizeof *start), *real = fftw_malloc(ncells * S * sizeof *real);
  if (status == LISI_OK && (start == NULL || real == NULL))
    status = lisi_no_memory(err, 3 * ncells * S * sizeof *real);
  int first = 0; /* time 0 to the last bit */
  for (; first < job->ntimes && job->steps[first] == 0 && status == LISI_OK; first++) {
    plant(job, ncells * S, S, real);
    status = job->visit(job->context, first, real, err);
  }
  if (status == LISI_OK && first < job->ntimes) {
    plant(job, ncells * S, S, real);
    status = transform(&run, real, start, false, err);
  }
  if (status == LISI_OK && first < job->ntimes)
    status = all_times(&run, first, ncells, start, real, err);
  fftw_free(start);
  fftw_free(real);
  run_free(&run);
  return status;
}
