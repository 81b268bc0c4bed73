/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LAMMPS pair style mlff/lisi; see pair_mlff_lisi.h. */
#include "pair_mlff_lisi.h"

#include "ace_eval.h"
#include "ace_gamma.h"
#include "ace_model.h"
#include "file_bytes.h"
#include "lammps_compat.h"

#include "atom.h"
#include "comm.h"
#include "force.h"
#include "memory.h"
#include "neigh_list.h"
#include "neighbor.h"
#include "update.h"
#include "utils.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <thread>

#if defined(_OPENMP)
#include <omp.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif

using namespace LAMMPS_NS;

/* Atoms in a block: a few vectors full, few enough that its neighbours stay in the cache. */
static constexpr int BLOCK_ATOMS = 32;
/* Blocks for each of several threads. */
static constexpr int BLOCKS_PER_THREAD = 4;
/* A model file larger than this is a mistake. */
static constexpr size_t MAX_FILE_BYTES = (size_t)1 << 30;

/* ---------------------------------------------------------------------- */

PairMLFFLisi::PairMLFFLisi(LAMMPS *lmp)
    : Pair(lmp), eval(nullptr), nelem(0), model(nullptr), gamma(nullptr), gamma_flag(0), gamma_stale(false) {
  single_enable = 0;
  restartinfo = 0;
  one_coeff = 1;
  manybody_flag = 1;
  unit_convert_flag = 0;
  /* The virial is summed from r_ij and f_ij: exact in hybrid styles and the same for any number of ranks. */
  no_virial_fdotr_compute = 1;
  centroidstressflag = CENTROID_AVAIL;
}

PairMLFFLisi::~PairMLFFLisi() {
  if (copymode)
    return;
  free_model();
  if (allocated) {
    memory->destroy(setflag);
    memory->destroy(cutsq);
    memory->destroy(map);
  }
}

void PairMLFFLisi::free_model() {
  for (auto w : work)
    ace_work_free(w);
  work.clear();
  ace_eval_free(eval);
  eval = nullptr;
  ace_model_free(model);
  model = nullptr;
  free_gamma();
}

void PairMLFFLisi::free_gamma() {
  for (auto w : gamma_work)
    ace_gamma_work_free(w);
  gamma_work.clear();
  ace_gamma_free(gamma);
  gamma = nullptr;
  gamma_stale = false;
}

void PairMLFFLisi::allocate() {
  const int n = atom->ntypes + 1;
  allocated = 1;
  memory->create(setflag, n, n, "pair:setflag");
  memory->create(cutsq, n, n, "pair:cutsq");
  memory->create(map, n, "pair:map");
  for (int i = 0; i < n; i++) {
    map[i] = -1;
    for (int j = 0; j < n; j++) {
      setflag[i][j] = 0;
      cutsq[i][j] = 0.0;
    }
  }
}

/* ---------------------------------------------------------------------- */

void PairMLFFLisi::require_metal() {
  if (strcmp(update->unit_style, "metal") != 0)
    error->all(FLERR, "pair_style mlff/lisi needs units metal (eV, Angstrom, ps), but units are {}",
               update->unit_style);
}

void PairMLFFLisi::settings(int narg, char **arg) {
  if (narg != 0)
    error->all(FLERR, "pair_style mlff/lisi takes no arguments, found: {}", arg[0]);
  require_metal();
}

void PairMLFFLisi::coeff(int narg, char **arg) {
  if (narg < 3 || strcmp(arg[0], "*") != 0 || strcmp(arg[1], "*") != 0)
    error->all(FLERR, "pair_style mlff/lisi: expected pair_coeff * * FILE and one element or NULL per atom type");
  if (narg - 3 != atom->ntypes)
    error->all(FLERR,
               "pair_style mlff/lisi: pair_coeff names {} elements, but there are {} atom types; give one element or "
               "NULL for each",
               narg - 3, atom->ntypes);
  if (!allocated)
    allocate();
  read_model(arg[2], narg - 3, arg + 3);

  int count = 0;
  for (int i = 1; i <= atom->ntypes; i++)
    for (int j = i; j <= atom->ntypes; j++) {
      setflag[i][j] = map[i] >= 0 && map[j] >= 0;
      count += setflag[i][j];
    }
  if (count == 0)
    error->all(FLERR, "pair_style mlff/lisi: pair_coeff gives NULL for every atom type");
}

/* Rank 0 reads a whole file, all ranks get its bytes; free() them. `hint` ends the message where it cannot be read. */
char *PairMLFFLisi::read_bytes(const char *path, size_t &size, const char *hint) {
  lisi_error err = {};
  char *bytes = nullptr;

  if (comm->me == 0)
    (void)!file_bytes_read(path, file_bytes_limit(path, MAX_FILE_BYTES), &bytes, &size, &err);
  MPI_Bcast(&err, (int)sizeof err, MPI_BYTE, 0, world);
  if (err.status != LISI_OK)
    error->all(FLERR, "pair_style mlff/lisi: {}{}", err.message, hint);
  unsigned long long length = size;
  MPI_Bcast(&length, 1, MPI_UNSIGNED_LONG_LONG, 0, world);
  size = (size_t)length;
  if (comm->me != 0)
    bytes = (char *)malloc(size + 1);
  int failed = bytes == nullptr, any = 0;
  MPI_Allreduce(&failed, &any, 1, MPI_INT, MPI_MAX, world);
  if (any) {
    free(bytes);
    error->all(FLERR, "pair_style mlff/lisi: no memory for the {} bytes of {}", length, path);
  }
  MPI_Bcast(bytes, (int)size, MPI_BYTE, 0, world); /* size <= MAX_FILE_BYTES fits an int */
  bytes[size] = '\0';
  return bytes;
}

/* Whether all ranks succeeded; where one did not, all have its message afterwards. */
bool PairMLFFLisi::all_ok(lisi_status status, lisi_error &err) {
  const int me = status == LISI_OK ? comm->nprocs : comm->me;
  int first = 0;
  MPI_Allreduce(&me, &first, 1, MPI_INT, MPI_MIN, world);
  if (first < comm->nprocs)
    MPI_Bcast(&err, (int)sizeof err, MPI_BYTE, first, world);
  return first == comm->nprocs;
}

/* Every rank parses the same bytes. Sets map[] for the `ntypes` names. */
void PairMLFFLisi::read_model(const char *path, int ntypes, char **names) {
  lisi_error err = {};
  size_t size = 0;
  char warnings[4000] = "";

  free_model();
  file = path;
  if (comm->me == 0) {
    const std::string found = utils::get_potential_file_path(path);
    if (!found.empty())
      file = found;
  }
  char *bytes = read_bytes(file.c_str(), size, "");
  lisi_status status = ace_model_parse(bytes, size, path, &model, warnings, sizeof warnings, &err);
  free(bytes);
  if (status == LISI_OK)
    status = ace_eval_create(model, &eval, &err);
#ifdef __GLIBC__
  malloc_trim(0); /* the tree of the parsed file was some MB, which free() alone keeps for the process */
#endif

  if (status == LISI_OK) {
    nelem = model->nelements;
    rcut.resize((size_t)nelem * nelem);
    rcut2.resize(rcut.size());
    for (int k = 0; k < nelem * nelem; k++) {
      rcut[k] = model->bond[k].rcut;
      rcut2[k] = rcut[k] * rcut[k];
    }
    for (int t = 0; t < ntypes && status == LISI_OK; t++) {
      map[t + 1] = -1;
      if (strcmp(names[t], "NULL") == 0)
        continue;
      map[t + 1] = ace_model_element(model, names[t]);
      if (map[t + 1] < 0) {
        std::string known;
        for (int e = 0; e < nelem; e++)
          known += std::string(" ") + model->element[e];
        status = lisi_fail(&err, LISI_ERR_INPUT, "%s has no element %s (for atom type %d); it has:%s", path, names[t],
                           t + 1, known.c_str());
      }
    }
  }
  if (!all_ok(status, err)) {
    free_model();
    error->all(FLERR, "pair_style mlff/lisi: {}", err.message);
  }
  if (comm->me == 0) {
    for (char *line = strtok(warnings, "\n"); line; line = strtok(nullptr, "\n"))
      error->warning(FLERR, "pair_style mlff/lisi: {}", line);
  }
}

void PairMLFFLisi::init_style() {
  require_metal();
  if (force->newton_pair == 0)
    error->all(FLERR, "pair_style mlff/lisi needs newton pair on");
  if (!eval)
    error->all(FLERR, "pair_style mlff/lisi: no force field yet, pair_coeff * * FILE ... is missing");
  neighbor->add_request(this, NeighConst::REQ_FULL);
}

double PairMLFFLisi::init_one(int i, int j) {
  if (setflag[i][j] == 0 && setflag[j][i] == 0)
    error->all(FLERR, "pair_style mlff/lisi: atom types {} and {} have no force field (NULL in pair_coeff)", i, j);
  return std::max(rcut[(size_t)map[i] * nelem + map[j]], rcut[(size_t)map[j] * nelem + map[i]]);
}

/* ----------------------------------------------------------------------
   the atoms to compute, those of one element together: the evaluator
   takes several atoms of one element at a time
------------------------------------------------------------------------- */

void PairMLFFLisi::sort_atoms() {
  const int *const type = atom->type;
  std::vector<int> next((size_t)nelem + 1, 0);
  int count = 0;
  for (int ii = 0; ii < list->inum; ii++) {
    const int mu = map[type[list->ilist[ii]]];
    if (mu < 0)
      continue;
    next[mu + 1]++;
    count++;
  }
  for (int mu = 1; mu < nelem; mu++)
    next[mu] += next[mu - 1];
  sorted.resize(count);
  for (int ii = 0; ii < list->inum; ii++) {
    const int i = list->ilist[ii], mu = map[type[i]];
    if (mu >= 0)
      sorted[next[mu]++] = i;
  }
}

/* ----------------------------------------------------------------------
   fill a block with atoms sorted[begin..end) and their neighbours within
   the cut-off of the pair
------------------------------------------------------------------------- */

void PairMLFFLisi::gather(Block &b, int begin, int end) const {
  const int *const type = atom->type;
  const size_t natoms = (size_t)(end - begin);

  size_t most = 0;
  for (int n = begin; n < end; n++)
    most += (size_t)list->numneigh[sorted[n]];
  b.resize(natoms, most);

  /* Each candidate is written, and counted only if it is a neighbour: most of the list is, and a branch that guesses
   * would cost more than the store. */
  int count = 0;
  b.first[0] = 0;
  for (int n = begin; n < end; n++) {
    const int i = sorted[n], mu = map[type[i]];
    const double *const xi = atom->x[i];
    const double *const cut = &rcut2[(size_t)mu * nelem];
    const int *const jlist = list->firstneigh[i];
    const int jnum = list->numneigh[i];
    for (int jj = 0; jj < jnum; jj++) {
      const int j = jlist[jj] & NEIGHMASK;
      const double *const xj = atom->x[j];
      const double dx = xj[0] - xi[0], dy = xj[1] - xi[1], dz = xj[2] - xi[2];
      const int nu = map[type[j]];
      double *const r = &b.rij[3 * (size_t)count];
      r[0] = dx;
      r[1] = dy;
      r[2] = dz;
      b.j[count] = j;
      b.nelement[count] = nu;
      /* not "< cut": a position that is not a number has to get to the evaluator, which refuses it */
      count += nu >= 0 && !(dx * dx + dy * dy + dz * dz >= cut[nu < 0 ? 0 : nu]);
    }
    b.i[n - begin] = i;
    b.element[n - begin] = mu;
    b.first[n - begin + 1] = count;
  }
}

/* For `atoms` atoms and up to `neighbours` neighbours; never smaller than before. */
void PairMLFFLisi::Block::resize(size_t atoms, size_t neighbours) {
  natoms = (int)atoms;
  if (gamma.size() < atoms) { /* the last one to grow: a failure half-way does not count as done */
    i.resize(atoms);
    element.resize(atoms);
    first.resize(atoms + 1);
    energy.resize(atoms);
    gamma.resize(atoms);
  }
  if (dEdr.size() < 3 * (neighbours + 1)) {
    const size_t room = neighbours + neighbours / 4 + 1;
    j.resize(room);
    nelement.resize(room);
    rij.resize(3 * room);
    dEdr.resize(3 * room);
  }
}

/* Runs on any thread: no exception may leave it, a failure is left in the block. */
void PairMLFFLisi::evaluate(Block &b, int thread) const {
  lisi_error err = {};
  b.status = ace_eval_atoms(eval, work[thread], b.natoms, b.element.data(), b.first.data(), b.nelement.data(),
                            (const double(*)[3])b.rij.data(), b.energy.data(), (double(*)[3])b.dEdr.data(), &err);
  if (b.status != LISI_OK)
    snprintf(b.message, sizeof b.message, "%.255s", err.message);
}

/* The same for gamma. */
void PairMLFFLisi::grade(Block &b, int thread) const {
  lisi_error err = {};
  b.status = ace_gamma_atoms(gamma, gamma_work[thread], b.natoms, b.element.data(), b.first.data(), b.nelement.data(),
                             (const double(*)[3])b.rij.data(), b.gamma.data(), &err);
  if (b.status != LISI_OK)
    snprintf(b.message, sizeof b.message, "%.255s", err.message);
}

/* ----------------------------------------------------------------------
   add a block to LAMMPS' arrays. E_i belongs to atom i. The virial of E_i
   is the sum over j of r_ij f_j with f_j = -dE_i/dr_j; half of each term
   goes to i and half to j in vatom. In cvatom (LAMMPS' centroid virial,
   made for heat flux) E_i sits at atom i, so the whole term goes to the
   atom that the force acts on, as in Fan et al., PRB 92, 094301 (2015).
------------------------------------------------------------------------- */

void PairMLFFLisi::scatter(const Block &b) {
  double **const f = atom->f;

  for (int a = 0; a < b.natoms; a++) {
    double fi[3] = {0.0, 0.0, 0.0};
    for (int k = b.first[a]; k < b.first[a + 1]; k++) {
      double *const fj = f[b.j[k]];
      for (int c = 0; c < 3; c++) {
        const double g = b.dEdr[3 * (size_t)k + c];
        fj[c] -= g;
        fi[c] += g;
      }
    }
    for (int c = 0; c < 3; c++)
      f[b.i[a]][c] += fi[c];
    if (eflag_global)
      eng_vdwl += b.energy[a];
    if (eflag_atom)
      eatom[b.i[a]] += b.energy[a];
  }
  if (!vflag_either)
    return;
  for (int a = 0; a < b.natoms; a++)
    for (int k = b.first[a]; k < b.first[a + 1]; k++) {
      const int i = b.i[a], j = b.j[k];
      const double *const r = &b.rij[3 * (size_t)k], *const g = &b.dEdr[3 * (size_t)k];
      /* symmetric once summed over j (E_i does not change under rotation); symmetrised here so that each part is */
      const double v[6] = {-r[0] * g[0],
                           -r[1] * g[1],
                           -r[2] * g[2],
                           -0.5 * (r[0] * g[1] + r[1] * g[0]),
                           -0.5 * (r[0] * g[2] + r[2] * g[0]),
                           -0.5 * (r[1] * g[2] + r[2] * g[1])};
      if (vflag_global)
        for (int c = 0; c < 6; c++)
          virial[c] += v[c];
      if (vflag_atom)
        for (int c = 0; c < 6; c++) {
          vatom[i][c] += 0.5 * v[c];
          vatom[j][c] += 0.5 * v[c];
        }
      if (cvflag_atom) {
        double *const w = cvatom[j];
        w[0] -= r[0] * g[0];
        w[1] -= r[1] * g[1];
        w[2] -= r[2] * g[2];
        w[3] -= r[0] * g[1];
        w[4] -= r[0] * g[2];
        w[5] -= r[1] * g[2];
        w[6] -= r[1] * g[0];
        w[7] -= r[2] * g[0];
        w[8] -= r[2] * g[1];
      }
    }
}

/* ----------------------------------------------------------------------
   Threads evaluate blocks in any order; the first thread takes the
   results in the order of the blocks, so that sums do not depend on the
   number of threads and forces stay in one cache. There are more blocks
   than threads, so that the others need not wait for it.
   No exception may leave a thread: a failure stays in its block.
------------------------------------------------------------------------- */

template <class Evaluate, class Finish> void PairMLFFLisi::for_blocks(Evaluate evaluate_block, Finish finish) {
  const int nthreads = std::max(1, comm->nthreads);
  const int nslots = nthreads > 1 ? BLOCKS_PER_THREAD * nthreads : 1;
  blocks.resize(nslots);
  sort_atoms();
  const int count = (int)sorted.size(), nblocks = (count + BLOCK_ATOMS - 1) / BLOCK_ATOMS;

  std::vector<std::atomic<int>> done(nslots); /* block that a slot holds the results of */
  for (auto &d : done)
    d = -1;
  std::atomic<int> next(0), taken(0); /* blocks given out, and blocks whose results were taken */
  bool failed = false;
  tagint failed_tag = 0;
  char failed_message[sizeof Block::message] = "";

  const auto take = [&]() {
    for (int n = taken; n < nblocks && done[n % nslots] == n; taken = ++n) {
      const Block &b = blocks[n % nslots];
      if (b.status == LISI_OK && !failed)
        finish(b);
      else if (!failed) {
        failed = true;
        failed_tag = b.tag;
        memcpy(failed_message, b.message, sizeof failed_message);
      }
    }
  };

#if defined(_OPENMP)
#pragma omp parallel num_threads(nthreads) if (nthreads > 1)
#endif
  {
#if defined(_OPENMP)
    const int thread = omp_get_thread_num();
#else
    const int thread = 0;
#endif
    for (int n; (n = next++) < nblocks;) {
      while (n >= taken + nslots) /* the slot still holds results */
        if (thread == 0)
          take();
        else
          std::this_thread::yield();
      Block &b = blocks[n % nslots];
      const int begin = n * BLOCK_ATOMS;
      b.status = LISI_OK;
      b.tag = atom->tag[sorted[begin]];
      try {
        gather(b, begin, std::min(begin + BLOCK_ATOMS, count));
        evaluate_block(b, thread);
      } catch (const std::bad_alloc &) {
        b.status = LISI_ERR_NOMEM;
        snprintf(b.message, sizeof b.message, "no memory for neighbours");
      }
      done[n % nslots] = n;
      if (thread == 0)
        take();
    }
    while (thread == 0 && taken < nblocks) { /* the others may wait for slots */
      take();
      std::this_thread::yield();
    }
  }
  if (failed)
    error->one(FLERR, "pair_style mlff/lisi, step {}, near atom {}: {}", update->ntimestep, failed_tag, failed_message);
}

void PairMLFFLisi::compute(int eflag, int vflag) {
  ev_init(eflag, vflag);

  lisi_error err = {};
  while ((int)work.size() < std::max(1, comm->nthreads)) {
    struct ace_work *w = nullptr;
    if (ace_work_create(eval, &w, &err) != LISI_OK)
      error->one(FLERR, "pair_style mlff/lisi: {}", err.message);
    work.push_back(w);
  }
  for_blocks([this](Block &b, int thread) { evaluate(b, thread); }, [this](const Block &b) { scatter(b); });

  gamma_stale = true;
  if (gamma_flag)
    compute_gamma();
}

/* ----------------------------------------------------------------------
   the extrapolation grade for fix pair, which sets gamma_flag before the
   steps on which it wants it (`gamma 1`) or just comes for it (`gamma 0`)
------------------------------------------------------------------------- */

void *PairMLFFLisi::extract(const char *name, int &dim) {
  dim = 0;
  if (strcmp(name, "gamma_flag") != 0)
    return nullptr;
  if (model && !gamma)
    load_gamma(); /* say what is missing now, not in the middle of a run */
  return &gamma_flag;
}

void *PairMLFFLisi::extract_peratom(const char *name, int &ncol) {
  if (strcmp(name, "gamma") != 0)
    return nullptr;
  ncol = 0;
  if (model && !gamma)
    load_gamma();
  /* Between runs (whichflag 0) atoms may have changed since the neighbour list was made. */
  if (gamma_stale && update->whichflag != 0)
    compute_gamma();
  /* Never a null pointer, not even on a rank without atoms: some LAMMPS versions take that for an unknown name. */
  gamma_atom.resize(std::max(gamma_atom.size(), (size_t)std::max(atom->nmax, 1)), 0.0);
  return gamma_atom.data();
}

void PairMLFFLisi::load_gamma() {
  lisi_error err = {};
  char *path = nullptr;
  lisi_status status = ace_sidecar_path(model, file.c_str(), &path, &err);
  if (!all_ok(status, err)) {
    free(path);
    error->all(FLERR, "pair_style mlff/lisi: {}", err.message);
  }
  const std::string side = path;
  free(path);

  size_t size = 0;
  char *bytes = read_bytes(side.c_str(), size,
                           "; the extrapolation grade gamma needs this file, which `lisi-fit train` writes beside the "
                           "model: bring it along, or train again");
  ace_sidecar *sidecar = nullptr;
  status = ace_sidecar_open(bytes, size, side.c_str(), model, file.c_str(), &sidecar, &err);
  free(bytes);
  if (status == LISI_OK)
    status = ace_gamma_create(model, sidecar, side.c_str(), &gamma, &err);
  ace_sidecar_free(sidecar);
  for (int t = 1; t <= atom->ntypes && status == LISI_OK; t++)
    if (map[t] >= 0)
      status = ace_gamma_require(gamma, map[t], &err);
  if (!all_ok(status, err)) {
    free_gamma();
    error->all(FLERR, "pair_style mlff/lisi: {}", err.message);
  }
}

void PairMLFFLisi::compute_gamma() {
  if (!gamma)
    load_gamma(); /* pair_coeff was given again after fix pair */
  lisi_error err = {};
  while ((int)gamma_work.size() < std::max(1, comm->nthreads)) {
    struct ace_gamma_work *w = nullptr;
    if (ace_gamma_work_create(gamma, &w, &err) != LISI_OK)
      error->one(FLERR, "pair_style mlff/lisi: {}", err.message);
    gamma_work.push_back(w);
  }
  gamma_atom.assign((size_t)std::max(atom->nmax, 1), 0.0); /* 0 for NULL types */
  for_blocks([this](Block &b, int thread) { grade(b, thread); },
             [this](const Block &b) {
               for (int a = 0; a < b.natoms; a++)
                 gamma_atom[b.i[a]] = b.gamma[a];
             });
  gamma_stale = false;
}

double PairMLFFLisi::memory_usage() {
  double bytes =
      Pair::memory_usage() + (double)(sorted.capacity() * sizeof(int) + gamma_atom.capacity() * sizeof(double));
  if (eval)
    bytes += (double)ace_eval_bytes(eval);
  for (const auto w : work)
    bytes += (double)ace_work_bytes(eval, w);
  if (gamma)
    bytes += (double)ace_gamma_bytes(gamma);
  for (const Block &b : blocks)
    bytes +=
        (double)((b.i.capacity() + b.element.capacity() + b.first.capacity() + b.j.capacity() + b.nelement.capacity()) *
                     sizeof(int) +
                 (b.rij.capacity() + b.dEdr.capacity() + b.energy.capacity() + b.gamma.capacity()) * sizeof(double));
  return bytes;
}
