/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernels in Kokkos, and the way that host spaces take, against ace_eval_atoms() and ace_gamma_atoms(): energy,
 * forces, virial, virial and energy of each atom, centroid virial, extrapolation grade. Runs in the default space of
 * the Kokkos it is built with (Serial for that of Debian), and in its default host space. */
#include "ace_kokkos.h"

#include "file_bytes.h"
#include "kokkos_models.h"

#include <cmath>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

extern "C" {
#include <cmocka.h>
}

using namespace lisi;

static const int MASK = 0x1FFFFFFF; /* the bits above are LAMMPS' own */

/* ---- atoms ---- */

/* An open cluster: the first `inum` atoms are central ones, the others are ghosts. */
struct Cluster {
  int nall = 0, inum = 0, ntypes = 0;
  std::vector<double> x;
  std::vector<int> type, element, ilist, numneigh, neighbors; /* neighbors[nall][most] */
  int most = 0;
};

/* n atoms at random in a ball of the density of 1 / volume, no two closer than `closest`; types 1 .. nelements, and one
 * more without an element where `null`. The list reaches past the cut-off, and its indices have other bits set. */
static Cluster make_cluster(int n, int inum, int nelements, bool null, double closest, double volume, double reach) {
  Cluster c;
  c.nall = n;
  c.inum = inum;
  c.ntypes = nelements + (null ? 1 : 0);
  c.element.assign((size_t)c.ntypes + 1, -1);
  for (int t = 1; t <= nelements; t++)
    c.element[(size_t)t] = t - 1;
  const double radius = cbrt(n * volume * 3.0 / (4.0 * 3.14159265358979));
  while ((int)c.type.size() < n) {
    const double d[3] = {kokkos_between(-radius, radius), kokkos_between(-radius, radius),
                         kokkos_between(-radius, radius)};
    bool fits = d[0] * d[0] + d[1] * d[1] + d[2] * d[2] < radius * radius;
    for (size_t i = 0; i < c.type.size() && fits; i++) {
      const double *y = &c.x[3 * i];
      fits = (d[0] - y[0]) * (d[0] - y[0]) + (d[1] - y[1]) * (d[1] - y[1]) + (d[2] - y[2]) * (d[2] - y[2]) >
             closest * closest;
    }
    if (!fits)
      continue;
    c.x.insert(c.x.end(), d, d + 3);
    c.type.push_back(1 + (int)kokkos_between(0.0, 0.999999 * c.ntypes));
  }
  std::vector<std::vector<int>> list((size_t)n);
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      double r2 = 0.0;
      for (int k = 0; k < 3; k++)
        r2 += std::pow(c.x[3 * (size_t)i + (size_t)k] - c.x[3 * (size_t)j + (size_t)k], 2);
      if (i != j && r2 < reach * reach)
        list[(size_t)i].push_back(j | (int)((unsigned)((i + j) % 4) << 29));
    }
    c.numneigh.push_back((int)list[(size_t)i].size());
    c.most = std::max(c.most, c.numneigh.back());
  }
  c.neighbors.assign((size_t)n * (size_t)std::max(c.most, 1), 0);
  for (int i = 0; i < n; i++)
    std::copy(list[(size_t)i].begin(), list[(size_t)i].end(), c.neighbors.begin() + (ptrdiff_t)i * c.most);
  for (int ii = 0; ii < inum; ii++)
    c.ilist.push_back(inum - 1 - ii);
  return c;
}

/* ---- results ---- */

struct Outcome {
  double energy = 0.0, virial[6] = {0.0};
  std::vector<double> f, eatom, vatom, cvatom;
  explicit Outcome(int n) : f(3 * (size_t)n), eatom((size_t)n), vatom(6 * (size_t)n), cvatom(9 * (size_t)n) {}
};

/* The C core, and its results taken apart as the plain pair style does. */
struct Reference {
  std::vector<int> central, element, first, j, nelement;
  std::vector<double> rij;

  Reference(const Cluster &c, const ace_model *) {
    first.push_back(0);
    for (int i : c.ilist) {
      const int mu = c.element[(size_t)c.type[(size_t)i]];
      if (mu < 0)
        continue;
      central.push_back(i);
      element.push_back(mu);
      for (int jj = 0; jj < c.numneigh[(size_t)i]; jj++) {
        const int k = c.neighbors[(size_t)i * (size_t)c.most + (size_t)jj] & MASK;
        const int nu = c.element[(size_t)c.type[(size_t)k]];
        if (nu < 0)
          continue;
        j.push_back(k);
        nelement.push_back(nu);
        for (size_t q = 0; q < 3; q++)
          rij.push_back(c.x[3 * (size_t)k + q] - c.x[3 * (size_t)i + q]);
      }
      first.push_back((int)j.size());
    }
    rij.resize(rij.size() + 3);
    j.resize(j.size() + 1);
    nelement.resize(nelement.size() + 1);
  }

  Outcome forces(const Cluster &c, const ace_eval *eval) const {
    Outcome out(c.nall);
    std::vector<double> energy(central.size() + 1), g(rij.size());
    ace_work *w = nullptr;
    lisi_error err = {};
    assert_int_equal(ace_work_create(eval, &w, &err), LISI_OK);
    assert_int_equal(ace_eval_atoms(eval, w, (int)central.size(), element.data(), first.data(), nelement.data(),
                                    (const double(*)[3])rij.data(), energy.data(), (double(*)[3])g.data(), &err),
                     LISI_OK);
    ace_work_free(w);
    for (size_t a = 0; a < central.size(); a++) {
      const size_t i = (size_t)central[a];
      out.energy += energy[a];
      out.eatom[i] += energy[a];
      for (size_t k = (size_t)first[a]; k < (size_t)first[a + 1]; k++)
        for (size_t p = 0; p < 3; p++) {
          static const size_t at[3][3] = {{0, 3, 4}, {3, 1, 5}, {4, 5, 2}},
                              full[3][3] = {{0, 3, 4}, {6, 1, 5}, {7, 8, 2}};
          out.f[3 * (size_t)j[k] + p] -= g[3 * k + p];
          out.f[3 * i + p] += g[3 * k + p];
          for (size_t q = 0; q < 3; q++) {
            const double v = -rij[3 * k + p] * g[3 * k + q], half = p == q ? 1.0 : 0.5;
            out.virial[at[p][q]] += half * v;
            out.vatom[6 * i + at[p][q]] += 0.5 * half * v;
            out.vatom[6 * (size_t)j[k] + at[p][q]] += 0.5 * half * v;
            out.cvatom[9 * (size_t)j[k] + full[p][q]] += v;
          }
        }
    }
    return out;
  }

  std::vector<double> grades(const Cluster &c, const ace_gamma *gamma) const {
    std::vector<double> out((size_t)c.nall, 0.0), value(central.size() + 1);
    ace_gamma_work *w = nullptr;
    lisi_error err = {};
    assert_int_equal(ace_gamma_work_create(gamma, &w, &err), LISI_OK);
    assert_int_equal(ace_gamma_atoms(gamma, w, (int)central.size(), element.data(), first.data(), nelement.data(),
                                     (const double(*)[3])rij.data(), value.data(), &err),
                     LISI_OK);
    ace_gamma_work_free(w);
    for (size_t a = 0; a < central.size(); a++)
      out[(size_t)central[a]] = value[a];
    return out;
  }
};

/* ---- Kokkos ---- */

template <class Space> struct Device {
  Kokkos::View<double *[3], Space> x, f;
  Kokkos::View<int *, Space> type, element, ilist, numneigh;
  Kokkos::View<int **, Space> neighbors;
  Kokkos::View<double *, Space> eatom, gamma;
  Kokkos::View<double *[6], Space> vatom;
  Kokkos::View<double *[9], Space> cvatom;

  template <class View> static void copy_in(View &view, const std::vector<int> &from) {
    view = View("in", std::max(from.size(), (size_t)1));
    const auto host = Kokkos::create_mirror_view(view);
    for (size_t i = 0; i < from.size(); i++)
      host(i) = from[i];
    Kokkos::deep_copy(view, host);
  }
  template <class View> static std::vector<double> copy_out(const View &view, size_t columns) {
    std::vector<double> out;
    const auto host = Kokkos::create_mirror_view(view);
    Kokkos::deep_copy(host, view);
    for (size_t i = 0; i < view.extent(0); i++)
      for (size_t k = 0; k < columns; k++)
        out.push_back(host(i, k));
    return out;
  }

  explicit Device(const Cluster &c)
      : x("x", (size_t)c.nall), f("f", (size_t)c.nall), neighbors("list", (size_t)c.nall, (size_t)std::max(c.most, 1)),
        eatom("eatom", (size_t)c.nall), gamma("gamma", (size_t)c.nall), vatom("vatom", (size_t)c.nall),
        cvatom("cvatom", (size_t)c.nall) {
    copy_in(type, c.type);
    copy_in(element, c.element);
    copy_in(ilist, c.ilist);
    copy_in(numneigh, c.numneigh);
    const auto hx = Kokkos::create_mirror_view(x);
    const auto hn = Kokkos::create_mirror_view(neighbors);
    for (size_t i = 0; i < (size_t)c.nall; i++) {
      for (size_t k = 0; k < 3; k++)
        hx(i, k) = c.x[3 * i + k];
      for (size_t k = 0; k < (size_t)c.most; k++)
        hn(i, k) = c.neighbors[i * (size_t)c.most + k];
    }
    Kokkos::deep_copy(x, hx);
    Kokkos::deep_copy(neighbors, hn);
    Kokkos::deep_copy(gamma, -7.0);
  }

  auto atoms(const Cluster &c) const {
    typedef Kokkos::View<const double *[3], Space, Kokkos::MemoryTraits<Kokkos::RandomAccess>> Positions;
    return kokkos_atoms(Positions(x), type, element, c.inum, ilist, numneigh, neighbors, c.nall, MASK);
  }

  template <class Ace> lisi_status compute(Ace &ace, const Cluster &c, Outcome &out, int *bad, lisi_error *err) {
    auto sums = kokkos_sums(f, eatom, vatom, cvatom);
    sums.want_virial = sums.want_eatom = sums.want_vatom = sums.want_cvatom = true;
    Kokkos::deep_copy(f, 0.0);
    Kokkos::deep_copy(eatom, 0.0);
    Kokkos::deep_copy(vatom, 0.0);
    Kokkos::deep_copy(cvatom, 0.0);
    const lisi_status status = ace.compute(atoms(c), sums, err);
    *bad = sums.bad_atom;
    out.energy = sums.energy;
    std::copy(sums.virial, sums.virial + 6, out.virial);
    out.f = copy_out(f, 3);
    out.vatom = copy_out(vatom, 6);
    out.cvatom = copy_out(cvatom, 9);
    const auto host = Kokkos::create_mirror_view(eatom);
    Kokkos::deep_copy(host, eatom);
    for (size_t i = 0; i < out.eatom.size(); i++)
      out.eatom[i] = host(i);
    return status;
  }

  template <class Ace> std::vector<double> grades(Ace &ace, const Cluster &c) {
    lisi_error err = {};
    int bad = -1;
    const lisi_status status = ace.gamma(atoms(c), gamma, &bad, &err);
    if (status != LISI_OK)
      fail_msg("%s", err.message);
    const auto host = Kokkos::create_mirror_view(gamma);
    Kokkos::deep_copy(host, gamma);
    std::vector<double> out;
    for (size_t i = 0; i < (size_t)c.nall; i++)
      out.push_back(host(i));
    return out;
  }
};

/* ---- comparisons ---- */

/* The largest difference in units of the largest number. */
static double difference(const std::vector<double> &a, const std::vector<double> &b) {
  double most = 0.0, apart = 0.0;
  assert_int_equal(a.size(), b.size());
  for (size_t i = 0; i < a.size(); i++) {
    assert_true(std::isfinite(a[i]) && std::isfinite(b[i]));
    most = std::max(most, std::fabs(a[i]));
    apart = std::max(apart, std::fabs(a[i] - b[i]));
  }
  return most > 0.0 ? apart / most : apart;
}

struct Differences {
  double energy, force, virial, eatom, vatom, cvatom;
};

static Differences differences(const Outcome &a, const Outcome &b) {
  return {std::fabs(a.energy - b.energy) / std::max(std::fabs(a.energy), 1e-300),
          difference(a.f, b.f),
          difference(std::vector<double>(a.virial, a.virial + 6), std::vector<double>(b.virial, b.virial + 6)),
          difference(a.eatom, b.eatom),
          difference(a.vatom, b.vatom),
          difference(a.cvatom, b.cvatom)};
}

static void require(const Differences &d, double most, const char *what) {
  if (!(d.energy <= most && d.force <= most && d.virial <= most && d.eatom <= most && d.vatom <= most &&
        d.cvatom <= most))
    fail_msg("%s: energy differs by %.2g, forces by %.2g, virial by %.2g, per atom: energy %.2g, virial %.2g, centroid "
             "virial %.2g",
             what, d.energy, d.force, d.virial, d.eatom, d.vatom, d.cvatom);
}

static const double TIGHT = 1e-11;

/* Every way and several chunk sizes, in one space. */
template <class Space>
static void compare_in(const char *what, const Cluster &c, const ace_eval *eval, const Outcome &expected,
                       const ace_gamma *gamma, const std::vector<double> &grades) {
  static const int chunks[] = {0, 1, 3, 1000, 3, 0};
  Device<Space> device(c);
  for (int way = -1; way < (int)(sizeof chunks / sizeof *chunks); way++) {
    AceKokkos<Space> ace;
    KokkosOptions options;
    lisi_error err = {};
    options.portable = way >= 0;
    options.chunk = way >= 0 ? chunks[way] : 0;
    options.products = (way + 1) / 2 % 2 == 0 ? KOKKOS_BY_THREADS : KOKKOS_BY_TEAMS;
    if (ace.create(eval, options, &err) != LISI_OK || (gamma != nullptr && ace.create_gamma(gamma, &err) != LISI_OK))
      fail_msg("%s", err.message);
    assert_true(ace.uses_host_kernels() == (kokkos_on_host<Space>() && way < 0));
    assert_true(way < 0 || ace.uses_teams() == (options.products == KOKKOS_BY_TEAMS));
    Outcome out(c.nall);
    int bad;
    if (device.compute(ace, c, out, &bad, &err) != LISI_OK)
      fail_msg("%s: %s", what, err.message);
    char name[300];
    snprintf(name, sizeof name, "%s, chunks of %d, %s", what, options.chunk,
             way < 0                               ? "host kernels"
             : options.products == KOKKOS_BY_TEAMS ? "teams"
                                                   : "threads");
    require(differences(expected, out), TIGHT, name);
    if (gamma == nullptr)
      continue;
    std::vector<double> got = device.grades(ace, c);
    for (int i = 0; i < c.nall; i++)
      if (i >= c.inum) {
        assert_true(got[(size_t)i] == -7.0); /* ghosts are left alone */
        got[(size_t)i] = 0.0;
      }
    const double apart = difference(grades, got);
    if (!(apart <= TIGHT))
      fail_msg("%s: gamma differs by %.2g", name, apart);
    assert_true(ace.bytes() > 0);
  }
}

static void compare(const char *what, const Cluster &c, const ace_model *model, const ace_eval *eval,
                    const ace_gamma *gamma) {
  const Reference reference(c, model);
  const Outcome expected = reference.forces(c, eval);
  const std::vector<double> grades = gamma != nullptr ? reference.grades(c, gamma) : std::vector<double>();
  compare_in<Kokkos::DefaultExecutionSpace>(what, c, eval, expected, gamma, grades);
  if (!std::is_same<Kokkos::DefaultExecutionSpace, Kokkos::DefaultHostExecutionSpace>::value)
    compare_in<Kokkos::DefaultHostExecutionSpace>(what, c, eval, expected, gamma, grades);
}

static ace_eval *make_eval(const ace_model *model) {
  ace_eval *eval = nullptr;
  lisi_error err = {};
  if (ace_eval_create(model, &eval, &err) != LISI_OK)
    fail_msg("%s", err.message);
  return eval;
}

/* The shipped force field and its active sets. */
struct Shipped {
  ace_model *model = nullptr;
  ace_eval *eval = nullptr;
  ace_gamma *gamma = nullptr;
  Shipped() {
    lisi_error err = {};
    const std::string folder = std::string(LISI_SOURCE_DIR) + "/potentials/";
    char *bytes = nullptr;
    size_t size = 0;
    ace_sidecar *side = nullptr;
    if (ace_model_load((folder + "Li-Si.yace").c_str(), &model, nullptr, 0, &err) != LISI_OK ||
        file_bytes_read((folder + "Li-Si.sidecar").c_str(), (size_t)1 << 30, &bytes, &size, &err) != LISI_OK ||
        ace_sidecar_open(bytes, size, "Li-Si.sidecar", model, "Li-Si.yace", &side, &err) != LISI_OK ||
        ace_gamma_create(model, side, "Li-Si.sidecar", &gamma, &err) != LISI_OK)
      fail_msg("%s", err.message);
    free(bytes);
    ace_sidecar_free(side);
    eval = make_eval(model);
  }
  ~Shipped() {
    ace_gamma_free(gamma);
    ace_eval_free(eval);
    ace_model_free(model);
  }
};

/* ---- tests ---- */

static void random_models(void **) {
  for (int k = 0; k < kokkos_models(); k++) {
    char name[200];
    ace_model *model = kokkos_model(k, name, sizeof name);
    ace_eval *eval = make_eval(model);
    const Cluster c = make_cluster(24 + k, 17, model->nelements, k % 2 != 0, k % 6 == 5 ? 0.3 : 1.2, 14.0,
                                   ace_model_cutoff(model) + 1);
    compare(name, c, model, eval, nullptr);
    ace_eval_free(eval);
    ace_model_free(model);
  }
}

static void shipped_model(void **) {
  const Shipped s;
  const double reach = ace_model_cutoff(s.model) + 2.0;
  compare("Li-Si.yace", make_cluster(150, 60, 2, false, 2.2, 15.8, reach), s.model, s.eval, s.gamma);
  /* more neighbours than a window holds, and pairs within the core */
  compare("Li-Si.yace, dense", make_cluster(220, 9, 2, false, 1.1, 4.0, reach), s.model, s.eval, s.gamma);
  compare("Li-Si.yace, NULL", make_cluster(90, 40, 2, true, 2.0, 15.8, reach), s.model, s.eval, s.gamma);
}

static void few_atoms(void **) {
  const Shipped s;
  const double reach = ace_model_cutoff(s.model) + 2.0;
  compare("no atom", make_cluster(0, 0, 2, false, 2.0, 15.8, reach), s.model, s.eval, s.gamma);
  compare("ghosts alone", make_cluster(12, 0, 2, false, 2.0, 15.8, reach), s.model, s.eval, s.gamma);
  compare("one atom", make_cluster(1, 1, 2, false, 2.0, 15.8, reach), s.model, s.eval, s.gamma);
  compare("two atoms", make_cluster(2, 2, 2, false, 2.0, 15.8, reach), s.model, s.eval, s.gamma);
  compare("atoms far apart", make_cluster(7, 7, 2, false, 2.0 * reach, 1e5, reach), s.model, s.eval, s.gamma);
  Cluster none = make_cluster(15, 9, 2, true, 2.0, 15.8, reach);
  for (int &type : none.type)
    type = 3;
  compare("NULL alone", none, s.model, s.eval, s.gamma);
}

/* Two atoms at one place and positions that are no numbers are refused, and the object can be used again. */
template <class Space> static void refusals_in(const Shipped &s) {
  const double reach = ace_model_cutoff(s.model) + 2.0;
  const Cluster good = make_cluster(40, 25, 2, false, 2.0, 15.8, reach);
  const Outcome expected = Reference(good, s.model).forces(good, s.eval);
  for (int portable = 0; portable < 2; portable++) {
    AceKokkos<Space> ace;
    KokkosOptions options;
    lisi_error err = {};
    options.portable = portable != 0;
    assert_int_equal(ace.create(s.eval, options, &err), LISI_OK);
    for (int what = 0; what < 3; what++) {
      Cluster c = good;
      const int i = 3, j = c.neighbors[(size_t)i * (size_t)c.most] & MASK;
      for (size_t k = 0; k < 3 && what < 2; k++)
        c.x[3 * (size_t)i + k] = what == 0 ? c.x[3 * (size_t)j + k] : std::nan("");
      Device<Space> device(c);
      Outcome out(c.nall);
      int bad = -1;
      err = {};
      const lisi_status status = device.compute(ace, c, out, &bad, &err);
      if (what < 2) {
        assert_int_equal(status, LISI_ERR_NUMERIC);
        assert_non_null(strstr(err.message, what == 0 ? "same place" : "not a number"));
        assert_true(bad >= 0 && bad < c.inum);
        if (what == 0)
          assert_true(bad == i || bad == j);
      } else {
        assert_int_equal(status, LISI_OK);
        assert_int_equal(bad, -1);
        require(differences(expected, out), TIGHT, "after a failure");
      }
    }
    int bad = -1;
    Device<Space> device(good);
    assert_int_equal(ace.gamma(device.atoms(good), device.gamma, &bad, &err), LISI_ERR_INTERNAL);
  }
}

static void refusals(void **) {
  const Shipped s;
  refusals_in<Kokkos::DefaultExecutionSpace>(s);
  if (!std::is_same<Kokkos::DefaultExecutionSpace, Kokkos::DefaultHostExecutionSpace>::value)
    refusals_in<Kokkos::DefaultHostExecutionSpace>(s);
}

/* Single precision of A, products and adjoints. What the documentation states is held here. */
static void single_precision(void **) {
  typedef Kokkos::DefaultExecutionSpace Space;
  const Shipped s;
  const double reach = ace_model_cutoff(s.model) + 2.0;
  Differences most = {0, 0, 0, 0, 0, 0};
  for (int round = 0; round < 4; round++) {
    KokkosOptions options;
    options.products = round % 2 == 0 ? KOKKOS_BY_THREADS : KOKKOS_BY_TEAMS;
    const Cluster c = make_cluster(160, 100, 2, false, 2.2, 15.8, reach);
    const Outcome expected = Reference(c, s.model).forces(c, s.eval);
    AceKokkos<Space, float> ace;
    lisi_error err = {};
    assert_int_equal(ace.create(s.eval, options, &err), LISI_OK);
    assert_int_equal(ace.create_gamma(s.gamma, &err), LISI_OK);
    assert_false(ace.uses_host_kernels());
    assert_true(ace.uses_teams() == (options.products == KOKKOS_BY_TEAMS));
    Device<Space> device(c);
    Outcome out(c.nall);
    int bad;
    assert_int_equal(device.compute(ace, c, out, &bad, &err), LISI_OK);
    const Differences d = differences(expected, out);
    most.energy = std::max(most.energy, std::fabs(expected.energy - out.energy) / c.inum);
    most.force = std::max(most.force, d.force);
    most.virial = std::max(most.virial, d.virial);
    most.vatom = std::max(most.vatom, d.vatom);
    std::vector<double> got = device.grades(ace, c), grades = Reference(c, s.model).grades(c, s.gamma);
    got.resize((size_t)c.inum);
    grades.resize((size_t)c.inum);
    assert_true(difference(grades, got) <= TIGHT); /* always double */
  }
  print_message("single precision: energy %.2g eV per atom, forces %.2g of the largest, virial %.2g\n", most.energy,
                most.force, most.virial);
  assert_true(most.force > 1e-10); /* it is not double after all */
  if (!(most.energy < 1e-5 && most.force < 1e-5 && most.virial < 1e-5 && most.vatom < 1e-5))
    fail_msg("energy %.2g eV per atom, forces %.2g, virial %.2g, per atom %.2g", most.energy, most.force, most.virial,
             most.vatom);
}

int main() {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_models), cmocka_unit_test(shipped_model),
                                     cmocka_unit_test(few_atoms), cmocka_unit_test(refusals),
                                     cmocka_unit_test(single_precision)};
  Kokkos::initialize();
  const int failed = cmocka_run_group_tests(tests, nullptr, nullptr);
  Kokkos::finalize();
  return failed;
}
