/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tagged atom forward in time on a periodic lattice, as `lisi-msm propagate` does it (the Bloch form). The peer is
 * the plain convolution: lag after lag, every jump of every cell, on a part of the lags, scaled; it also has to find
 * the same distribution. Seconds of processor time on one core. */
#include "bench.h"
#include "propagate.h"

#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MOST_STATES = 500 };

static void must(lisi_status status, const lisi_error *err) {
  if (status != LISI_OK)
    die(err->message);
}

/* Detailed balance by symmetric fluxes; `ways` jumps out of every state, within the cell or to one beside it. */
static void make_network(int S, int ways, double leave, network *net, double *pi) {
  lisi_error err = {0};
  state_space space;
  network_edge *edge = need(malloc((size_t)(S * ways) * sizeof *edge));
  must(state_space_new(S, true, &space, &err), &err);
  size_t n = 0;
  for (int i = 0; i < S; i++) {
    pi[i] = 1.0 / S;
    for (int k = 0; k < ways / 2; k++) {
      const int j = (int)(next_random() % (uint64_t)S);
      int r[3];
      for (int a = 0; a < 3; a++)
        r[a] = k < 2 ? (int)(next_random() % 3) - 1 : 0;
      const double p = leave * uniform() / ways;
      edge[n++] = (network_edge){i, j, {r[0], r[1], r[2]}, p};
      edge[n++] = (network_edge){j, i, {-r[0], -r[1], -r[2]}, p};
    }
  }
  for (int a = 0; a < 3; a++)
    space.cell[a][a] = 8.0;
  must(network_make(&space, 1.0, n, edge, "bench", net, &err), &err);
  state_space_free(&space);
  free(edge);
}

static void plain_lag(const network *net, int N, const double *from, double *to) {
  const size_t S = (size_t)net->space.n;
  memset(to, 0, (size_t)N * (size_t)N * (size_t)N * S * sizeof *to);
  for (int x = 0; x < N; x++)
    for (int y = 0; y < N; y++)
      for (int z = 0; z < N; z++)
        for (size_t e = 0; e < net->n; e++) {
          const network_edge *j = &net->edge[e];
          const size_t u = (size_t)((x + j->r[0] + N) % N), v = (size_t)((y + j->r[1] + N) % N),
                       w = (size_t)((z + j->r[2] + N) % N);
          to[((u * (size_t)N + v) * (size_t)N + w) * S + (size_t)j->j] +=
              j->p * from[(((size_t)x * (size_t)N + (size_t)y) * (size_t)N + (size_t)z) * S + (size_t)j->i];
        }
}

typedef struct {
  size_t size;
  double *p;
} copy;

static lisi_status keep(void *context, int k, const double *p, lisi_error *err) {
  (void)k;
  (void)err;
  copy *c = context;
  if (c->p != NULL)
    memcpy(c->p, p, c->size * sizeof *p);
  return LISI_OK;
}

static double bloch(const network *net, const double *pi, int N, long long lags, copy *out) {
  const int cells[3] = {N, N, N};
  lisi_error err = {0};
  const propagate_seed seed = {(size_t)((N / 2 * N + N / 2) * N + N / 2), 0, 1.0};
  const propagate_job job = {.nseeds = 1, .seed = &seed, .ntimes = 1, .steps = &lags, .visit = keep, .context = out};
  const double start = now();
  must(propagate_periodic(net, pi, cells, &job, &err), &err);
  return now() - start;
}

static int compare(const void *p, const void *q) {
  const double a = *(const double *)p, b = *(const double *)q;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  int S = 26, N = 24, ways = 12, repeats = 3, peer = 10;
  double lags = 1000;
  for (int option; (option = getopt(argc, argv, "s:c:w:n:p:r:")) != -1;) {
    switch (option) {
    case 's':
      S = atoi(optarg);
      break;
    case 'c':
      N = atoi(optarg);
      break;
    case 'w':
      ways = atoi(optarg);
      break;
    case 'n':
      lags = atof(optarg);
      break;
    case 'p':
      peer = atoi(optarg);
      break;
    case 'r':
      repeats = atoi(optarg);
      break;
    default:
      fputs(
          "usage: bench_propagate [-s sites] [-c cells along each edge] [-w ways out of a site] [-n lags] [-p lags of "
          "the plain way, 0: none] [-r repeats]\n",
          stderr);
      return 2;
    }
  }
  if (S < 1 || S > MOST_STATES || N < 2 || N > 200 || ways < 2 || ways > 200 || lags < 1 || lags > 1e12 || peer < 0 ||
      peer > 1000 || repeats < 1 || repeats > 100)
    die("an option is out of range");
  openblas_set_num_threads(1);
  omp_set_num_threads(1);
  double pi[MOST_STATES], ours[100], plain[100];
  network net;
  make_network(S, ways, 0.3, &net, pi);
  copy out = {(size_t)N * (size_t)N * (size_t)N * (size_t)S, NULL};
  printf("%d x %d x %d cells of %d sites, %zu jumps in a cell, %.0f lags\n", N, N, N, S, net.n, lags);
  double *a = NULL, *b = NULL;
  if (peer > 0) {
    a = need(malloc(out.size * sizeof *a));
    b = need(malloc(out.size * sizeof *b));
  }
  for (int r = 0; r < repeats; r++) {
    if (peer > 0) {
      memset(a, 0, out.size * sizeof *a);
      a[(size_t)((N / 2 * N + N / 2) * N + N / 2) * (size_t)S] = 1.0;
      const double start = now();
      for (int n = 0; n < peer; n++) {
        plain_lag(&net, N, a, b);
        double *swap = a;
        a = b;
        b = swap;
      }
      plain[r] = (now() - start) * lags / peer;
    }
    ours[r] = bloch(&net, pi, N, (long long)lags, &out);
  }
  qsort(ours, (size_t)repeats, sizeof *ours, compare);
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  printf("Bloch form         %9.2f s (best %.2f), %.0f MB\n", ours[repeats / 2], ours[0], (double)use.ru_maxrss / 1024);
  if (peer > 0) {
    qsort(plain, (size_t)repeats, sizeof *plain, compare);
    printf("plain convolution  %9.2f s (from %d lags, scaled): %.0f times as long\n", plain[repeats / 2], peer,
           plain[repeats / 2] / ours[repeats / 2]);
    out.p = b;
    (void)bloch(&net, pi, N, peer, &out);
    for (size_t x = 0; x < out.size; x++)
      if (!(fabs(a[x] - b[x]) < 1e-14))
        die("the two ways disagree");
  }
  free(a);
  free(b);
  network_free(&net);
  return 0;
}
