/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts the kernels together; see ace_kokkos.h. */
#ifndef LISI_ACE_KOKKOS_IMPL_HPP
#define LISI_ACE_KOKKOS_IMPL_HPP

#include "ace_kokkos_gamma.hpp"
#include "ace_kokkos_host.hpp"
#include "ace_kokkos_a.hpp"
#include "ace_kokkos_forces.hpp"
#include "ace_kokkos_products.hpp"
#include "ace_kokkos_tiles.hpp"

#include <exception>

namespace lisi {

/* Bytes of values and adjoints that a chunk may take where its size is not given: on a GPU so many that there is an
 * atom for each of its threads, on a host so few that they stay in the cache. */
template <class Space> constexpr size_t kokkos_chunk_bytes() {
  return kokkos_on_host<Space>() ? (size_t)1 << 18 : (size_t)1 << 29;
}
enum { KOKKOS_CHUNK_MAX = 1 << 16, KOKKOS_GAMMA_CHUNK = 2048 };

template <class Space, class Real> struct AceKokkos<Space, Real>::Parts {
  KokkosOptions options;
  bool host_kernels = false;
  int nelements = 0;
  Kokkos::View<char *, Space> memory, gamma_memory;
  KokkosTables<Real> tables = {};
  KokkosGamma gamma_tables = {};
  KokkosChunk<Space, Real> chunk;
  KokkosGammaChunk<Space> gamma_chunk;
  KokkosHost host;
  const ace_eval *eval = nullptr;

  int chunk_size() const {
    const size_t each = 2 * (size_t)tables.size_max * sizeof(Real) + 1, fit = kokkos_chunk_bytes<Space>() / each;
    if (options.chunk > 0)
      return options.chunk;
    return fit < 64 ? 64 : fit > KOKKOS_CHUNK_MAX ? KOKKOS_CHUNK_MAX : (int)fit;
  }

  template <class View> static void grow(View &view, const char *label, size_t n, size_t m) {
    if (view.extent(0) < n || view.extent(1) < m)
      view = View(Kokkos::view_alloc(Kokkos::WithoutInitializing, std::string(label)), n, m);
  }
  template <class View> static void grow(View &view, const char *label, size_t n) {
    if (view.extent(0) < n)
      view = View(Kokkos::view_alloc(Kokkos::WithoutInitializing, std::string(label)), n);
  }

  /* A team policy for `count` threads with `bytes` of scratch each, and the level of the scratch: the first one as long
   * as it fits. A thread is a warp on a GPU. */
  template <class Functor> static Kokkos::TeamPolicy<Space> policy(Functor &functor, int count, size_t bytes) {
    typedef Kokkos::TeamPolicy<Space> Policy;
    const size_t near = 40 << 10; /* of the 48 kB that a team may have on any GPU */
    const bool host = kokkos_on_host<Space>();
    const int lanes = host ? 1 : Policy::vector_length_max() < 32 ? Policy::vector_length_max() : 32;
    int size = host ? 1 : 4;
    functor.bytes = bytes;
    functor.level = bytes + 64 <= (host ? (size_t)Policy::scratch_size_max(0) : near) ? 0 : 1;
    while (functor.level == 0 && size > 1 && (size_t)size * (bytes + 64) > near)
      size /= 2;
    return Policy((count + size - 1) / size, size, lanes)
        .set_scratch_size(functor.level, Kokkos::PerThread((int)bytes + 64));
  }

  lisi_status noted(const int bad[2], int *bad_atom, lisi_error *err) const {
    const int atom = (bad[0] > 0 ? bad[0] : bad[1]) - 1;
    if (atom < 0)
      return LISI_OK;
    *bad_atom = atom;
    return lisi_fail(err, LISI_ERR_NUMERIC,
                     bad[0] > 0 ? "ACE: two atoms at the same place (central atom %d)"
                                : "ACE: a position is not a number (near central atom %d)",
                     atom);
  }

  /* Forgets what was noted, or copies it to the host. */
  void clear_bad() {
    grow(chunk.bad, "lisi:bad", 2);
    Kokkos::deep_copy(chunk.bad, 0);
  }
  void read_bad(int bad[2]) const {
    Kokkos::View<int *, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>> to(bad, 2);
    Kokkos::deep_copy(to, Kokkos::subview(chunk.bad, std::make_pair(0, 2)));
  }

  /* Sorts the central atoms by element; those of mu are [first[mu], first[mu + 1]). */
  template <class Atoms> std::vector<int> sort(const Atoms &atoms) {
    std::vector<int> first((size_t)nelements + 1, 0);
    grow(chunk.order, "lisi:order", (size_t)atoms.inum + 1);
    for (int mu = 0; mu < nelements; mu++) {
      const KokkosOrder<Space, Atoms> functor = {atoms, chunk.order, mu, first[(size_t)mu]};
      int count = 0;
      if (atoms.inum > 0)
        Kokkos::parallel_scan("lisi:order", Kokkos::RangePolicy<Space>(0, atoms.inum), functor, count);
      first[(size_t)mu + 1] = first[(size_t)mu] + count;
    }
    return first;
  }

  /* Atoms of a team that makes products, 0: they are made without teams; and its threads. */
  int tile_lanes = 0, tile_threads = 1;

  void choose_products() {
    const bool host = kokkos_on_host<Space>();
    const int most = host ? 1 : Kokkos::TeamPolicy<Space>::vector_length_max() < 32 ? 1 : 32;
    const size_t room = host ? (size_t)16 << 20 : (size_t)40 << 10;
    const int size = host ? (kokkos_concurrency<Space>() > 1 ? 2 : 1) : 128;
    const bool teams = options.products == KOKKOS_BY_TEAMS || (options.products == KOKKOS_BY_SPACE && !host);
    tile_lanes = teams ? KokkosTileScratch<Real>::lanes(tables, most, size, room) : 0;
    tile_threads = tile_lanes > 0 ? size / tile_lanes : 1;
  }

  void run_tiles() {
    typedef Kokkos::TeamPolicy<Space> Policy;
    const size_t bytes = KokkosTileScratch<Real>::bytes(tables, tile_lanes, tile_threads);
    const int level = kokkos_on_host<Space>() && bytes + 64 > (size_t)Policy::scratch_size_max(0) ? 1 : 0;
    const KokkosTiles<Space, Real> tiles = {chunk, bytes, level, tile_lanes};
    const Policy policy = Policy((chunk.count + tile_lanes - 1) / tile_lanes, tile_threads, tile_lanes)
                              .set_scratch_size(level, Kokkos::PerTeam((int)bytes + 64));
    Kokkos::parallel_for("lisi:products", policy, tiles);
  }

  /* Memory for the values of n atoms: those of an atom together where a team or a host thread takes them, else those of
   * a place. */
  void grow_values(size_t n) {
    const size_t each = (size_t)(tile_lanes > 0 ? (tables.vars_max + 3) / 4 * 4 : tables.size_max);
    const bool together = tile_lanes > 0 || kokkos_on_host<Space>();
    chunk.atom_step = together ? each : 1;
    chunk.place_step = together ? 1 : n;
    grow(chunk.value, "lisi:values", n * each + 1);
    grow(chunk.adjoint, "lisi:adjoints", n * each + 1);
  }

  template <class Atoms, class Sums> void run_chunk(const Atoms &atoms, Sums &sums) {
    KokkosA<Space, Real, Atoms> a = {chunk, atoms, 0, 0};
    const auto policy_a = policy(a, chunk.count, KokkosScratch<Real>::bytes(tables, false));
    Kokkos::parallel_for("lisi:A", policy_a, a);
    if (tile_lanes > 0)
      run_tiles();
    else
      Kokkos::parallel_for("lisi:products", Kokkos::RangePolicy<Space>(0, chunk.count),
                           KokkosProducts<Space, Real>{chunk});
    KokkosForces<Space, Real, Atoms, Sums> forces = {chunk, atoms, sums, 0, 0};
    const auto policy_f = policy(forces, chunk.count, KokkosScratch<Real>::bytes(tables, true));
    Kokkos::parallel_for("lisi:forces", policy_f, forces);
    double total[7];
    const Kokkos::View<double *, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>> to(total, 7);
    KokkosTotal<Space, Real> sum;
    sum.state = chunk.state;
    sum.virial = chunk.virial;
    Kokkos::parallel_reduce("lisi:total", Kokkos::RangePolicy<Space>(0, chunk.count), sum, to);
    sums.energy += total[0];
    for (int k = 0; k < 6 && sums.want_virial; k++)
      sums.virial[k] += total[1 + k];
  }

  template <class Atoms, class Sums> lisi_status compute_here(const Atoms &atoms, Sums &sums, lisi_error *err) {
    const std::vector<int> first = sort(atoms);
    int largest = 0;
    for (int mu = 0; mu < nelements; mu++)
      largest =
          first[(size_t)mu + 1] - first[(size_t)mu] > largest ? first[(size_t)mu + 1] - first[(size_t)mu] : largest;
    const int size = chunk_size() < largest ? chunk_size() : largest;
    const size_t n = (size_t)size;
    chunk.tables = tables;
    grow_values(n);
    grow(chunk.state, "lisi:state", n, KOKKOS_STATE);
    grow(chunk.nearest, "lisi:nearest", n);
    grow(chunk.virial, "lisi:virial", n, 6);
    grow(chunk.close, "lisi:close", n, 2 * (size_t)tables.nbase_max + 1);
    clear_bad();
    for (chunk.mu = 0; chunk.mu < nelements; chunk.mu++)
      for (chunk.first = first[(size_t)chunk.mu]; chunk.first < first[(size_t)chunk.mu + 1]; chunk.first += size) {
        const int left = first[(size_t)chunk.mu + 1] - chunk.first;
        chunk.count = left < size ? left : size;
        run_chunk(atoms, sums);
      }
    int bad[2];
    Space().fence();
    read_bad(bad);
    return noted(bad, &sums.bad_atom, err);
  }

  template <class Atoms, class Value>
  lisi_status gamma_here(const Atoms &atoms, const Value &value, int *bad_atom, lisi_error *err) {
    KokkosGammaChunk<Space> &c = gamma_chunk;
    const KokkosGamma &t = gamma_tables;
    const KokkosGammaZero<Atoms, Value> zero = {atoms, value};
    Kokkos::parallel_for("lisi:gamma:zero", Kokkos::RangePolicy<Space>(0, atoms.inum), zero);
    const std::vector<int> first = sort(atoms);
    const int size = options.chunk > 0 && options.chunk < KOKKOS_GAMMA_CHUNK ? options.chunk : (int)KOKKOS_GAMMA_CHUNK;
    const size_t n = (size_t)size, na = (size_t)(t.nelements * t.nmax) * (size_t)((t.lmax + 1) * (t.lmax + 1));
    c.tables = t;
    c.order = chunk.order;
    grow(c.re, "lisi:gamma:A", n, na + 1);
    grow(c.im, "lisi:gamma:A", n, na + 1);
    grow(c.sum_g, "lisi:gamma:g", n, (size_t)(t.nelements * t.nbase) + 1);
    grow(c.B, "lisi:gamma:B", n, (size_t)t.most + 1);
    grow(c.grade, "lisi:gamma", n);
    clear_bad();
    c.bad = chunk.bad;
    for (c.mu = 0; c.mu < nelements; c.mu++)
      for (c.first = first[(size_t)c.mu]; c.first < first[(size_t)c.mu + 1]; c.first += size) {
        const lisi_status status = ace_gamma_require(host.gamma, c.mu, err);
        if (status != LISI_OK)
          return status;
        const int left = first[(size_t)c.mu + 1] - c.first;
        c.count = left < size ? left : size;
        KokkosGammaA<Space, Atoms> a = {c, atoms, 0, 0};
        const auto policy_a = policy(a, c.count, KokkosGammaA<Space, Atoms>::scratch(t));
        Kokkos::parallel_for("lisi:gamma:A", policy_a, a);
        const KokkosGammaB<Space> b = {c};
        Kokkos::parallel_for("lisi:gamma:B", Kokkos::RangePolicy<Space>(0, c.count * gamma_blocks[(size_t)c.mu]), b);
        const KokkosGammaGrade<Space> grade = {c};
        const int groups = (c.count + KOKKOS_ROWS - 1) / KOKKOS_ROWS;
        Kokkos::parallel_for("lisi:gamma:grade",
                             Kokkos::RangePolicy<Space>(0, groups * ace_gamma_count(host.gamma, c.mu)), grade);
        const KokkosGammaStore<Space, Value> store = {c, value};
        Kokkos::parallel_for("lisi:gamma:store", Kokkos::RangePolicy<Space>(0, c.count), store);
      }
    int bad[2];
    Space().fence();
    read_bad(bad);
    return noted(bad, bad_atom, err);
  }
  std::vector<int> gamma_blocks; /* [nelements] */

  /* ---- host spaces ---- */

  lisi_status make_workers(lisi_error *err) {
    Kokkos::Experimental::UniqueToken<Space, Kokkos::Experimental::UniqueTokenScope::Global> token;
    while (host.workers.size() < (size_t)token.size())
      host.workers.emplace_back(new KokkosWorker);
    for (auto &w : host.workers) {
      lisi_status status = LISI_OK;
      if (w->work == nullptr)
        status = ace_work_create(eval, &w->work, err);
      if (status == LISI_OK && host.gamma != nullptr && w->gamma_work == nullptr)
        status = ace_gamma_work_create(host.gamma, &w->gamma_work, err);
      if (status != LISI_OK)
        return status;
      w->total = 0.0;
      for (double &v : w->virial)
        v = 0.0;
      w->err = {};
      w->bad = w->bad_block = -1;
    }
    return LISI_OK;
  }

  /* The failure of the first block, so that the message does not depend on the number of threads. */
  lisi_status worst(int *bad_atom, lisi_error *err) const {
    const KokkosWorker *found = nullptr;
    for (const auto &w : host.workers)
      if (w->bad >= 0 && (found == nullptr || w->bad_block < found->bad_block))
        found = w.get();
    if (found == nullptr)
      return LISI_OK;
    *bad_atom = found->bad;
    return lisi_fail(err, found->err.status, "%s", found->err.message);
  }

  template <class Atoms, class Sums> lisi_status compute_host(const Atoms &atoms, Sums &sums, lisi_error *err) {
    lisi_status status = make_workers(err);
    if (status != LISI_OK)
      return status;
    const bool threads = host.workers.size() > 1;
    for (auto &w : host.workers)
      if (threads && w->force.size() < 3 * (size_t)atoms.nall)
        w->force.resize(3 * (size_t)atoms.nall, 0.0);
    host_order(host, nelements, atoms);
    const KokkosHostForces<Space, Atoms, Sums> forces(&host, atoms, nelements, sums);
    Kokkos::parallel_for("lisi:host",
                         Kokkos::RangePolicy<Space, Kokkos::Schedule<Kokkos::Dynamic>>(0, forces.nblocks()), forces);
    if (threads) {
      const KokkosSumForces<decltype(sums.f)> sum = {&host, sums.f};
      Kokkos::parallel_for("lisi:host:sum", Kokkos::RangePolicy<Space>(0, atoms.nall), sum);
    }
    Space().fence();
    for (const auto &w : host.workers) {
      sums.energy += w->total;
      for (int k = 0; k < 6 && sums.want_virial; k++)
        sums.virial[k] += w->virial[k];
    }
    return worst(&sums.bad_atom, err);
  }

  template <class Atoms, class Value>
  lisi_status gamma_host(const Atoms &atoms, const Value &value, int *bad_atom, lisi_error *err) {
    lisi_status status = make_workers(err);
    if (status != LISI_OK)
      return status;
    host_order(host, nelements, atoms);
    for (int ii = 0; ii < atoms.inum; ii++)
      value(atoms.ilist(ii)) = 0.0;
    const KokkosHostGamma<Space, Atoms, Value> grade(&host, atoms, nelements, value);
    Kokkos::parallel_for("lisi:host:gamma",
                         Kokkos::RangePolicy<Space, Kokkos::Schedule<Kokkos::Dynamic>>(0, grade.nblocks()), grade);
    Space().fence();
    return worst(bad_atom, err);
  }
};

/* ---- the class ---- */

template <class Space, class Real> AceKokkos<Space, Real>::AceKokkos() : parts(new Parts) {}
template <class Space, class Real> AceKokkos<Space, Real>::~AceKokkos() {}

/* What Kokkos throws, which is for lack of memory as a rule, as a status. */
#define LISI_KOKKOS_CATCH(err)                                                                                         \
  catch (const std::exception &e) {                                                                                    \
    return lisi_fail(err, LISI_ERR_NOMEM, "Kokkos: %s", e.what());                                                     \
  }

template <class Space, class Real>
lisi_status AceKokkos<Space, Real>::create(const ace_eval *eval, const KokkosOptions &options, lisi_error *err) {
  try {
    Parts &p = *parts;
    p.options = options;
    p.eval = p.host.eval = eval;
    p.nelements = eval->nelements;
    p.host_kernels = kokkos_on_host<Space>() && sizeof(Real) == sizeof(double) && !options.portable;
    const size_t n2 = (size_t)eval->nelements * (size_t)eval->nelements;
    p.host.rcut2.resize(n2);
    for (size_t b = 0; b < n2; b++)
      p.host.rcut2[b] = eval->pair[b].rcut2;
    if (p.host_kernels)
      return LISI_OK;
    p.tables =
        image_in<Space>("lisi:tables", p.memory, [&](KokkosImage &image) { return image_eval<Real>(image, *eval); });
    p.choose_products();
    return LISI_OK;
  }
  LISI_KOKKOS_CATCH(err)
}

template <class Space, class Real>
lisi_status AceKokkos<Space, Real>::create_gamma(const ace_gamma *gamma, lisi_error *err) {
  try {
    Parts &p = *parts;
    p.host.gamma = gamma;
    for (auto &w : p.host.workers) { /* those of another ace_gamma */
      ace_gamma_work_free(w->gamma_work);
      w->gamma_work = nullptr;
    }
    p.gamma_blocks.clear();
    for (int mu = 0; mu < gamma->nelements; mu++)
      p.gamma_blocks.push_back(gamma->values->central[mu].nblocks);
    if (!p.host_kernels)
      p.gamma_tables = image_in<Space>("lisi:gamma:tables", p.gamma_memory,
                                       [&](KokkosImage &image) { return image_gamma(image, *gamma, p.eval->lm); });
    return LISI_OK;
  }
  LISI_KOKKOS_CATCH(err)
}

template <class Space, class Real>
template <class Atoms, class Sums>
lisi_status AceKokkos<Space, Real>::compute(const Atoms &atoms, Sums &sums, lisi_error *err) {
  sums.energy = 0.0;
  for (double &v : sums.virial)
    v = 0.0;
  sums.bad_atom = -1;
  try {
    if constexpr (kokkos_on_host<Space>())
      if (parts->host_kernels)
        return parts->compute_host(atoms, sums, err);
    return parts->compute_here(atoms, sums, err);
  }
  LISI_KOKKOS_CATCH(err)
}

template <class Space, class Real>
template <class Atoms, class Value>
lisi_status AceKokkos<Space, Real>::gamma(const Atoms &atoms, const Value &value, int *bad_atom, lisi_error *err) {
  *bad_atom = -1;
  if (parts->host.gamma == nullptr)
    return lisi_fail(err, LISI_ERR_INTERNAL, "ACE: no active set was given for the extrapolation grade");
  try {
    if constexpr (kokkos_on_host<Space>())
      if (parts->host_kernels)
        return parts->gamma_host(atoms, value, bad_atom, err);
    return parts->gamma_here(atoms, value, bad_atom, err);
  }
  LISI_KOKKOS_CATCH(err)
}

template <class Space, class Real> bool AceKokkos<Space, Real>::uses_host_kernels() const {
  return parts->host_kernels;
}

template <class Space, class Real> bool AceKokkos<Space, Real>::uses_teams() const {
  return parts->tile_lanes > 0;
}

template <class Space, class Real> size_t AceKokkos<Space, Real>::bytes() const {
  const Parts &p = *parts;
  const KokkosChunk<Space, Real> &c = p.chunk;
  const KokkosGammaChunk<Space> &g = p.gamma_chunk;
  size_t bytes = p.memory.span() + p.gamma_memory.span();
  bytes += (c.value.span() + c.adjoint.span()) * sizeof(Real);
  bytes += (c.state.span() + c.virial.span() + c.close.span()) * sizeof(double);
  bytes += (c.order.span() + c.nearest.span()) * sizeof(int);
  bytes += (g.re.span() + g.im.span() + g.sum_g.span() + g.B.span() + g.grade.span()) * sizeof(double);
  for (const auto &w : p.host.workers)
    bytes += (w->work != nullptr ? ace_work_bytes(p.eval, w->work) : 0) + w->force.capacity() * sizeof(double);
  return bytes;
}

} // namespace lisi

#endif
