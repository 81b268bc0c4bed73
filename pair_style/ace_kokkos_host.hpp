/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host spaces: the vector kernels of the C core, called by each thread with its own scratch for a block of atoms of one
 * element. Each thread adds forces to its own copy; the copies are summed at the end. */
#ifndef LISI_ACE_KOKKOS_HOST_HPP
#define LISI_ACE_KOKKOS_HOST_HPP

#include "ace_kokkos_compat.h"

#include "ace_eval.h"
#include "ace_gamma.h"

#include <memory>
#include <vector>

namespace lisi {

/* Atoms in a block: a few vectors full, few enough that its neighbours stay in the cache. */
enum { KOKKOS_HOST_BLOCK = 32 };

/* What one thread needs. */
struct KokkosWorker {
  ace_work *work = nullptr;
  ace_gamma_work *gamma_work = nullptr;
  std::vector<int> element, first, j, nelement;
  std::vector<double> rij, dEdr, energy, grade;
  std::vector<double> force; /* [nall][3], where there are several threads */
  double total, virial[6];
  lisi_error err;
  int bad, bad_block; /* central atom of the failure, -1: none, and its block */

  ~KokkosWorker() {
    ace_work_free(work);
    ace_gamma_work_free(gamma_work);
  }
  void room(size_t atoms, size_t neighbours) {
    if (energy.size() < atoms) {
      element.resize(atoms);
      first.resize(atoms + 1);
      grade.resize(atoms);
      energy.resize(atoms);
    }
    if (dEdr.size() < 3 * (neighbours + 1)) {
      const size_t n = neighbours + neighbours / 4 + 1;
      j.resize(n);
      nelement.resize(n);
      rij.resize(3 * n);
      dEdr.resize(3 * n);
    }
  }
};

struct KokkosHost {
  const ace_eval *eval = nullptr;
  const ace_gamma *gamma = nullptr;
  std::vector<double> rcut2;                          /* [nelements][nelements] */
  std::vector<std::unique_ptr<KokkosWorker>> workers; /* [threads] */
  std::vector<int> order;                             /* central atoms by element */
  std::vector<int> next;
};

/* Central atoms with an element, those of one element together. */
template <class Atoms> void host_order(KokkosHost &host, int nelements, const Atoms &atoms) {
  host.next.assign((size_t)nelements + 1, 0);
  size_t count = 0;
  for (int ii = 0; ii < atoms.inum; ii++) {
    const int mu = (int)atoms.element(atoms.type(atoms.ilist(ii)));
    if (mu < 0)
      continue;
    host.next[(size_t)mu + 1]++;
    count++;
  }
  for (size_t mu = 1; mu < (size_t)nelements; mu++)
    host.next[mu] += host.next[mu - 1];
  host.order.resize(count);
  for (int ii = 0; ii < atoms.inum; ii++) {
    const int i = (int)atoms.ilist(ii), mu = (int)atoms.element(atoms.type(i));
    if (mu >= 0)
      host.order[(size_t)host.next[(size_t)mu]++] = i;
  }
}

/* Blocks of atoms; what each thread does with one is up to Derived::block(worker, natoms, atoms of the block). */
template <class Space, class Atoms, class Derived> struct KokkosBlocks {
  KokkosHost *host;
  Atoms atoms;
  int nelements;
  Kokkos::Experimental::UniqueToken<Space, Kokkos::Experimental::UniqueTokenScope::Global> token;

  KokkosBlocks(KokkosHost *host_, const Atoms &atoms_, int nelements_)
      : host(host_), atoms(atoms_), nelements(nelements_) {}

  int nblocks() const { return ((int)host->order.size() + KOKKOS_HOST_BLOCK - 1) / KOKKOS_HOST_BLOCK; }

  void operator()(const int b) const {
    const int id = (int)token.acquire();
    KokkosWorker &w = *host->workers[(size_t)id];
    try { /* no exception may leave a thread */
      run(w, b);
    } catch (const std::exception &e) {
      if (w.bad < 0) {
        w.bad = host->order[(size_t)b * KOKKOS_HOST_BLOCK];
        w.bad_block = b;
        (void)!lisi_no_memory(&w.err, w.dEdr.size() * sizeof(double));
      }
    }
    token.release(id);
  }

  void run(KokkosWorker &w, int b) const {
    const size_t begin = (size_t)b * KOKKOS_HOST_BLOCK,
                 end = begin + KOKKOS_HOST_BLOCK < host->order.size() ? begin + KOKKOS_HOST_BLOCK : host->order.size();
    const int *const central = host->order.data() + begin, natoms = (int)(end - begin);
    size_t most = 0;
    for (int a = 0; a < natoms; a++)
      most += (size_t)atoms.numneigh(central[a]);
    w.room((size_t)natoms, most);
    gather(w, natoms, central);
    static_cast<const Derived *>(this)->block(w, natoms, central);
    if (w.err.status != LISI_OK && w.bad < 0) {
      w.bad = culprit(w, natoms, central);
      w.bad_block = b;
    }
  }

  /* Each candidate is written, and counted only if it is a neighbour: most of the list is, and a branch that guesses
   * would cost more than the store. */
  void gather(KokkosWorker &w, int natoms, const int *central) const {
    int count = 0;
    w.first[0] = 0;
    for (int a = 0; a < natoms; a++) {
      const int i = central[a], mu = (int)atoms.element(atoms.type(i)), jnum = (int)atoms.numneigh(i);
      const double *const cut = &host->rcut2[(size_t)mu * (size_t)nelements];
      const double x = (double)atoms.x(i, 0), y = (double)atoms.x(i, 1), z = (double)atoms.x(i, 2);
      for (int jj = 0; jj < jnum; jj++) {
        const int j = (int)(atoms.neighbors(i, jj) & atoms.mask), nu = (int)atoms.element(atoms.type(j));
        const double dx = (double)atoms.x(j, 0) - x, dy = (double)atoms.x(j, 1) - y, dz = (double)atoms.x(j, 2) - z;
        double *const r = &w.rij[3 * (size_t)count];
        r[0] = dx;
        r[1] = dy;
        r[2] = dz;
        w.j[(size_t)count] = j;
        w.nelement[(size_t)count] = nu;
        /* not "< cut": a position that is no number has to get to the evaluator, which refuses it */
        count += nu >= 0 && !(dx * dx + dy * dy + dz * dz >= cut[nu < 0 ? 0 : nu]);
      }
      w.element[(size_t)a] = mu;
      w.first[(size_t)a + 1] = count;
    }
  }

  /* The central atom of a block that has a neighbour at its own place or at one that is no number. */
  static int culprit(const KokkosWorker &w, int natoms, const int *central) {
    for (int a = 0; a < natoms; a++)
      for (int k = w.first[(size_t)a]; k < w.first[(size_t)a + 1]; k++) {
        const double *r = &w.rij[3 * (size_t)k];
        if (!(r[0] * r[0] + r[1] * r[1] + r[2] * r[2] > 0.0))
          return central[a];
      }
    return central[0];
  }
};

template <class Space, class Atoms, class Sums>
struct KokkosHostForces : KokkosBlocks<Space, Atoms, KokkosHostForces<Space, Atoms, Sums>> {
  typedef KokkosBlocks<Space, Atoms, KokkosHostForces> Base;
  typedef typename std::decay<decltype(((const Sums *)nullptr)->f(0, 0))>::type Force;
  Sums sums;
  bool threads;

  KokkosHostForces(KokkosHost *host, const Atoms &atoms, int nelements, const Sums &sums_)
      : Base(host, atoms, nelements), sums(sums_), threads(host->workers.size() > 1) {}

  void block(KokkosWorker &w, int natoms, const int *central) const {
    const lisi_status status =
        ace_eval_atoms(this->host->eval, w.work, natoms, w.element.data(), w.first.data(), w.nelement.data(),
                       (const double(*)[3])w.rij.data(), w.energy.data(), (double(*)[3])w.dEdr.data(), &w.err);
    if (status != LISI_OK)
      return;
    for (int a = 0; a < natoms; a++) {
      const int i = central[a];
      double own[3] = {0.0, 0.0, 0.0};
      for (int k = w.first[(size_t)a]; k < w.first[(size_t)a + 1]; k++) {
        const double *const g = &w.dEdr[3 * (size_t)k];
        add(w, w.j[(size_t)k], -g[0], -g[1], -g[2]);
        for (int c = 0; c < 3; c++)
          own[c] += g[c];
      }
      add(w, i, own[0], own[1], own[2]);
      w.total += w.energy[(size_t)a];
      if (sums.want_eatom)
        sums.eatom(i) += w.energy[(size_t)a]; /* no other thread has this atom */
    }
    if (sums.want_virial || sums.want_vatom || sums.want_cvatom)
      for (int a = 0; a < natoms; a++)
        for (int k = w.first[(size_t)a]; k < w.first[(size_t)a + 1]; k++)
          add_virial(w, central[a], w.j[(size_t)k], &w.rij[3 * (size_t)k], &w.dEdr[3 * (size_t)k]);
  }

  void add(KokkosWorker &w, int j, double x, double y, double z) const {
    if (threads) {
      double *const f = &w.force[3 * (size_t)j];
      f[0] += x;
      f[1] += y;
      f[2] += z;
    } else {
      sums.f(j, 0) += (Force)x;
      sums.f(j, 1) += (Force)y;
      sums.f(j, 2) += (Force)z;
    }
  }

  template <class To> void add_to(To &to, double x) const {
    if (threads)
      Kokkos::atomic_add(&to, (To)x);
    else
      to += (To)x;
  }

  void add_virial(KokkosWorker &w, int i, int j, const double *r, const double *g) const {
    const double v[6] = {-r[0] * g[0],
                         -r[1] * g[1],
                         -r[2] * g[2],
                         -0.5 * (r[0] * g[1] + r[1] * g[0]),
                         -0.5 * (r[0] * g[2] + r[2] * g[0]),
                         -0.5 * (r[1] * g[2] + r[2] * g[1])};
    for (int c = 0; c < 6; c++)
      w.virial[c] += v[c];
    if (sums.want_vatom)
      for (int c = 0; c < 6; c++) {
        add_to(sums.vatom(i, c), 0.5 * v[c]);
        add_to(sums.vatom(j, c), 0.5 * v[c]);
      }
    if (sums.want_cvatom) {
      const double u[9] = {r[0] * g[0], r[1] * g[1], r[2] * g[2], r[0] * g[1], r[0] * g[2],
                           r[1] * g[2], r[1] * g[0], r[2] * g[0], r[2] * g[1]};
      for (int c = 0; c < 9; c++)
        add_to(sums.cvatom(j, c), -u[c]);
    }
  }
};

template <class Space, class Atoms, class Value>
struct KokkosHostGamma : KokkosBlocks<Space, Atoms, KokkosHostGamma<Space, Atoms, Value>> {
  typedef KokkosBlocks<Space, Atoms, KokkosHostGamma> Base;
  Value value;

  KokkosHostGamma(KokkosHost *host, const Atoms &atoms, int nelements, const Value &value_)
      : Base(host, atoms, nelements), value(value_) {}

  void block(KokkosWorker &w, int natoms, const int *central) const {
    if (ace_gamma_atoms(this->host->gamma, w.gamma_work, natoms, w.element.data(), w.first.data(), w.nelement.data(),
                        (const double(*)[3])w.rij.data(), w.grade.data(), &w.err) != LISI_OK)
      return;
    for (int a = 0; a < natoms; a++)
      value(central[a]) = w.grade[(size_t)a];
  }
};

/* Sums the threads' copies of the forces, and leaves zeros there. */
template <class F> struct KokkosSumForces {
  KokkosHost *host;
  F f;

  void operator()(const int i) const {
    typedef typename std::decay<decltype(f(0, 0))>::type Force;
    double sum[3] = {0.0, 0.0, 0.0};
    for (const auto &w : host->workers)
      for (size_t k = 0; k < 3; k++) {
        sum[k] += w->force[3 * (size_t)i + k];
        w->force[3 * (size_t)i + k] = 0.0;
      }
    for (int k = 0; k < 3; k++)
      f(i, k) += (Force)sum[k];
  }
};

} // namespace lisi

#endif
