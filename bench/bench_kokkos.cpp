/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The force field through Kokkos beside the C core, on the threads of a host: seconds of wall time and of processor
 * time per atom and step, forces and energy. The C core runs as the plain pair style does, each of as many threads with
 * its own half (third, ..) of the atoms and its own forces, as MPI ranks would; then the way that host spaces take and
 * the kernels that are written in Kokkos. All in turn, medians. */
#include "ace_kokkos.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <thread>
#include <unistd.h>
#include <vector>

typedef Kokkos::DefaultHostExecutionSpace Space;

static const int MASK = 0x1FFFFFFF;
static const double SKIN = 1.0; /* Angstrom */

static void die(const char *what) {
  fprintf(stderr, "bench_kokkos: %s\n", what);
  exit(1);
}

/* Seconds of wall time and of processor time of all threads. */
struct Clock {
  double wall, processor;
};
static Clock now() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return {std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(),
          (double)t.tv_sec + 1e-9 * (double)t.tv_nsec};
}

/* bcc at the density of Li13Si4 with displaced atoms; periodic images within the cut-off are ghosts. */
struct System {
  int natoms, nall, most = 0;
  std::vector<double> x;
  std::vector<int> type, numneigh, neighbors;

  System(int cells, double reach, int nelements) {
    const double a = 3.16, box = cells * a;
    std::mt19937 random(4711);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    natoms = 2 * cells * cells * cells;
    for (int i = 0; i < natoms; i++) {
      const int c = i / 2, cell[3] = {c % cells, c / cells % cells, c / cells / cells};
      for (int k = 0; k < 3; k++)
        x.push_back(a * (cell[k] + 0.5 * (i % 2)) + 0.3 * (uniform(random) - 0.5));
      type.push_back(nelements < 2 || uniform(random) < 13.0 / 17.0 ? 1 : 2);
    }
    const int images = (int)(reach / box) + 1;
    for (int p = -images; p <= images; p++)
      for (int q = -images; q <= images; q++)
        for (int r = -images; r <= images; r++)
          for (int i = 0; i < natoms && (p != 0 || q != 0 || r != 0); i++) {
            const double y[3] = {x[3 * (size_t)i] + p * box, x[3 * (size_t)i + 1] + q * box,
                                 x[3 * (size_t)i + 2] + r * box};
            bool near = true;
            for (double z : y)
              near = near && z > -reach && z < box + reach;
            if (!near)
              continue;
            x.insert(x.end(), y, y + 3);
            type.push_back(type[(size_t)i]);
          }
    nall = (int)type.size();
    std::vector<std::vector<int>> list((size_t)natoms);
    for (int i = 0; i < natoms; i++) {
      for (int j = 0; j < nall; j++) {
        double r2 = 0.0;
        for (size_t k = 0; k < 3; k++)
          r2 += (x[3 * (size_t)i + k] - x[3 * (size_t)j + k]) * (x[3 * (size_t)i + k] - x[3 * (size_t)j + k]);
        if (i != j && r2 < reach * reach)
          list[(size_t)i].push_back(j);
      }
      numneigh.push_back((int)list[(size_t)i].size());
      most = std::max(most, numneigh.back());
    }
    for (const auto &l : list) {
      neighbors.insert(neighbors.end(), l.begin(), l.end());
      neighbors.resize(neighbors.size() + (size_t)most - l.size());
    }
  }
};

/* The C core for the atoms of one rank: gathered, evaluated and scattered 32 at a time, those of one element together.
 */
struct Rank {
  ace_work *work = nullptr;
  std::vector<int> order;
  std::vector<double> f, rij, g;
  std::vector<int> j, nelement;
  double energy = 0.0;

  void run(const System &s, const ace_eval *eval, const std::vector<double> &cut2, int nelements) {
    std::fill(f.begin(), f.end(), 0.0);
    energy = 0.0;
    for (size_t at = 0; at < order.size(); at += 32) {
      const int n = (int)std::min(order.size() - at, (size_t)32);
      int element[32], first[33] = {0}, count = 0;
      double e[32];
      lisi_error err = {};
      for (int a = 0; a < n; a++) {
        const size_t i = (size_t)order[at + (size_t)a];
        element[a] = s.type[i] - 1;
        for (int k = 0; k < s.numneigh[i]; k++) {
          const int to = s.neighbors[i * (size_t)s.most + (size_t)k] & MASK, nu = s.type[(size_t)to] - 1;
          double *d = &rij[3 * (size_t)count];
          for (size_t c = 0; c < 3; c++)
            d[c] = s.x[3 * (size_t)to + c] - s.x[3 * i + c];
          j[(size_t)count] = to;
          nelement[(size_t)count] = nu;
          count += d[0] * d[0] + d[1] * d[1] + d[2] * d[2] < cut2[(size_t)(element[a] * nelements + nu)];
        }
        first[a + 1] = count;
      }
      if (ace_eval_atoms(eval, work, n, element, first, nelement.data(), (const double(*)[3])rij.data(), e,
                         (double(*)[3])g.data(), &err) != LISI_OK)
        die(err.message);
      for (int a = 0; a < n; a++) {
        energy += e[a];
        for (int k = first[a]; k < first[a + 1]; k++)
          for (size_t c = 0; c < 3; c++) {
            f[3 * (size_t)j[(size_t)k] + c] -= g[3 * (size_t)k + c];
            f[3 * (size_t)order[at + (size_t)a] + c] += g[3 * (size_t)k + c];
          }
      }
    }
  }
};

/* The same through Kokkos. */
template <class Real> struct Through {
  lisi::AceKokkos<Space, Real> ace;
  Kokkos::View<double *[3], Space> x, f;
  Kokkos::View<int *, Space> type, element, ilist, numneigh;
  Kokkos::View<int **, Space> neighbors;
  int natoms, nall;

  Through(const System &s, const ace_eval *eval, bool portable)
      : x("x", (size_t)s.nall), f("f", (size_t)s.nall), type("type", (size_t)s.nall), element("element", 3),
        ilist("ilist", (size_t)s.natoms), numneigh("numneigh", (size_t)s.natoms),
        neighbors("list", (size_t)s.natoms, (size_t)s.most), natoms(s.natoms), nall(s.nall) {
    lisi::KokkosOptions options;
    lisi_error err = {};
    options.portable = portable;
    if (ace.create(eval, options, &err) != LISI_OK)
      die(err.message);
    for (int i = 0; i < nall; i++) {
      for (int k = 0; k < 3; k++)
        x(i, k) = s.x[3 * (size_t)i + (size_t)k];
      type(i) = s.type[(size_t)i];
    }
    for (int i = 0; i < natoms; i++) {
      ilist(i) = i;
      numneigh(i) = s.numneigh[(size_t)i];
      for (int k = 0; k < s.numneigh[(size_t)i]; k++)
        neighbors(i, k) = s.neighbors[(size_t)i * (size_t)s.most + (size_t)k];
    }
    element(0) = -1;
    element(1) = 0;
    element(2) = 1;
  }

  double run() {
    const Kokkos::View<double *, Space> none;
    const Kokkos::View<double *[6], Space> none6;
    const Kokkos::View<double *[9], Space> none9;
    lisi_error err = {};
    auto sums = lisi::kokkos_sums(f, none, none6, none9);
    Kokkos::deep_copy(f, 0.0);
    if (ace.compute(lisi::kokkos_atoms(x, type, element, natoms, ilist, numneigh, neighbors, nall, MASK), sums, &err) !=
        LISI_OK)
      die(err.message);
    return sums.energy;
  }
};

struct Timing {
  std::vector<double> wall, processor;
  template <class Run> void take(Run run) {
    const Clock a = now();
    run();
    const Clock b = now();
    wall.push_back(b.wall - a.wall);
    processor.push_back(b.processor - a.processor);
  }
  static double median(std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v[v.size() / 2];
  }
  void print(const char *what, const System &s, const Timing &beside) const {
    const double scale = 1e6 / s.natoms;
    printf("%-34s %8.3f %6.2f   %8.3f %6.2f\n", what, scale * median(wall), median(wall) / median(beside.wall),
           scale * median(processor), median(processor) / median(beside.processor));
  }
};

static void usage(FILE *to) {
  fputs("usage: bench_kokkos [-a cells along an axis] [-n repeats] model.yace\n"
        "As many threads as Kokkos has (OMP_NUM_THREADS)\n",
        to);
}

static void bench(const char *path, int cells, int repeats) {
  ace_model *model = nullptr;
  ace_eval *eval = nullptr;
  lisi_error err = {};
  if (ace_model_load(path, &model, nullptr, 0, &err) != LISI_OK || ace_eval_create(model, &eval, &err) != LISI_OK)
    die(err.message);
  const int n = model->nelements, threads = lisi::kokkos_concurrency<Space>();
  if (n > 2)
    die("expected a force field of one or two elements");
  const System s(cells, ace_model_cutoff(model) + SKIN, n);
  std::vector<double> cut2;
  for (int b = 0; b < n * n; b++)
    cut2.push_back(model->bond[b].rcut * model->bond[b].rcut);
  std::vector<Rank> ranks((size_t)threads);
  for (int t = 0; t < threads; t++) {
    Rank &r = ranks[(size_t)t];
    if (ace_work_create(eval, &r.work, &err) != LISI_OK)
      die(err.message);
    for (int mu = 1; mu <= n; mu++)
      for (int i = t * s.natoms / threads; i < (t + 1) * s.natoms / threads; i++)
        if (s.type[(size_t)i] == mu)
          r.order.push_back(i);
    const size_t room = 32 * (size_t)s.most + 1;
    r.f.resize(3 * (size_t)s.nall);
    r.rij.resize(3 * room);
    r.g.resize(3 * room);
    r.j.resize(room);
    r.nelement.resize(room);
  }
  Through<double> host(s, eval, false), portable(s, eval, true);
  Through<float> single(s, eval, false);
  Timing core, by_host, by_kernels, by_single;
  double energy = 0.0, other = 0.0, apart = 0.0;
  for (int k = -1; k < repeats; k++) {
    if (k == 0)
      core = by_host = by_kernels = by_single = Timing(); /* the first round warms up */
    core.take([&] {
      std::vector<std::thread> pool;
      for (size_t t = 1; t < ranks.size(); t++)
        pool.emplace_back([&, t] { ranks[t].run(s, eval, cut2, n); });
      ranks[0].run(s, eval, cut2, n);
      for (auto &t : pool)
        t.join();
    });
    by_host.take([&] { other = host.run(); });
    energy = 0.0;
    for (const Rank &r : ranks)
      energy += r.energy;
    apart = std::max(apart, std::fabs(other - energy));
    by_kernels.take([&] { other = portable.run(); });
    apart = std::max(apart, std::fabs(other - energy));
    by_single.take([&] { other = single.run(); });
  }
  if (!(apart <= 1e-11 * std::fabs(energy)))
    die("energies differ");
  printf("%s, %d threads; %d atoms, %d with ghosts; %s\n", Space::name(), threads, s.natoms, s.nall,
         ace_eval_simd(eval));
  printf("%-34s %15s   %15s\n", "microseconds per atom and step", "wall, ratio", "processor, ratio");
  core.print("C core, a rank for each thread", s, core);
  by_host.print("Kokkos, host way", s, core);
  by_kernels.print("Kokkos, kernels, double", s, core);
  by_single.print("Kokkos, kernels, single products", s, core);
  for (Rank &r : ranks)
    ace_work_free(r.work);
  ace_eval_free(eval);
  ace_model_free(model);
}

int main(int argc, char **argv) {
  int cells = 10, repeats = 15, option;
  while ((option = getopt(argc, argv, "a:n:h")) != -1) {
    int *const to = option == 'a' ? &cells : option == 'n' ? &repeats : nullptr;
    if (to != nullptr && atoi(optarg) > 0 && atoi(optarg) <= 1000) {
      *to = atoi(optarg);
      continue;
    }
    usage(option == 'h' ? stdout : stderr);
    return option == 'h' ? 0 : 2;
  }
  if (optind + 1 != argc) {
    usage(stderr);
    return 2;
  }
  Kokkos::initialize();
  bench(argv[optind], cells, repeats);
  Kokkos::finalize();
  return 0;
}
