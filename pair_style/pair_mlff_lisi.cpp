/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LAMMPS pair style mlff/lisi; see pair_mlff_lisi.h. */
#include "pair_mlff_lisi.h"

#include "ace_eval.h"
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
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#if defined(_OPENMP)
#include <omp.h>
#endif

using namespace LAMMPS_NS;

/* Atoms in a block: enough to amortise a call, few enough that its neighbours stay in the cache. */
static constexpr int BLOCK_ATOMS = 16;
/* Blocks in flight for each thread: enough to even out unequal blocks. */
static constexpr int BLOCKS_PER_THREAD = 4;
/* A model file larger than this is a mistake. */
static constexpr size_t MAX_FILE_BYTES = (size_t)1 << 30;

/* ---------------------------------------------------------------------- */

PairMLFFLisi::PairMLFFLisi(LAMMPS *lmp) : Pair(lmp), eval(nullptr), nelem(0) {
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

/* Rank 0 reads the file, every rank parses the same bytes; a rank that fails takes all down with its message. Sets
 * map[] for the `ntypes` names. */
void PairMLFFLisi::read_model(const char *path, int ntypes, char **names) {
  lisi_error err = {};
  char *bytes = nullptr;
  size_t size = 0;
  char warnings[4000] = "";

  if (comm->me == 0) {
    const std::string found = utils::get_potential_file_path(path);
    const char *const file = found.empty() ? path : found.c_str();
    (void)!file_bytes_read(file, file_bytes_limit(file, MAX_FILE_BYTES), &bytes, &size, &err);
  }
  MPI_Bcast(&err, (int)sizeof err, MPI_BYTE, 0, world);
  if (err.status != LISI_OK)
    error->all(FLERR, "pair_style mlff/lisi: {}", err.message);
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

  free_model();
  ace_model *model = nullptr;
  lisi_status status = ace_model_parse(bytes, size, path, &model, warnings, sizeof warnings, &err);
  free(bytes);
  if (status == LISI_OK)
    status = ace_eval_create(model, &eval, &err);

  if (status == LISI_OK) {
    nelem = model->nelements;
    rcut.resize((size_t)nelem * nelem);
    for (int k = 0; k < nelem * nelem; k++)
      rcut[k] = model->bond[k].rcut;
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
  ace_model_free(model);

  const int me = status == LISI_OK ? comm->nprocs : comm->me;
  int first = 0;
  MPI_Allreduce(&me, &first, 1, MPI_INT, MPI_MIN, world);
  if (first < comm->nprocs) {
    MPI_Bcast(&err, (int)sizeof err, MPI_BYTE, first, world);
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
   fill a block with atoms ilist[begin..end) and their neighbours within
   the cut-off of the pair
------------------------------------------------------------------------- */

void PairMLFFLisi::gather(Block &b, int begin, int end) const {
  const double *const *const x = atom->x;
  const int *const type = atom->type;

  b.element.clear();
  b.first.clear();
  b.nelement.clear();
  b.i.clear();
  b.j.clear();
  b.rij.clear();
  b.first.push_back(0);
  for (int ii = begin; ii < end; ii++) {
    const int i = list->ilist[ii];
    const int mu = map[type[i]];
    if (mu < 0)
      continue;
    const int *const jlist = list->firstneigh[i];
    for (int jj = 0; jj < list->numneigh[i]; jj++) {
      const int j = jlist[jj] & NEIGHMASK;
      const int nu = map[type[j]];
      if (nu < 0)
        continue;
      const double dx = x[j][0] - x[i][0], dy = x[j][1] - x[i][1], dz = x[j][2] - x[i][2];
      const double cut = rcut[(size_t)mu * nelem + nu];
      if (dx * dx + dy * dy + dz * dz >= cut * cut)
        continue;
      b.nelement.push_back(nu);
      b.j.push_back(j);
      b.rij.insert(b.rij.end(), {dx, dy, dz});
    }
    b.element.push_back(mu);
    b.i.push_back(i);
    b.first.push_back((int)b.j.size());
  }
  b.energy.resize(b.i.size());
  b.dEdr.resize(b.rij.size());
}

/* Runs on any thread: no exception may leave it, a failure is left in the block. */
void PairMLFFLisi::evaluate(Block &b, struct ace_work *w) const {
  lisi_error err = {};
  b.status = LISI_OK;
  if (b.i.empty())
    return;
  b.status = ace_eval_atoms(eval, w, (int)b.i.size(), b.element.data(), b.first.data(), b.nelement.data(),
                            (const double(*)[3])b.rij.data(), b.energy.data(), (double(*)[3])b.dEdr.data(), &err);
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

  for (size_t a = 0; a < b.i.size(); a++) {
    const int i = b.i[a];
    double fi[3] = {0.0, 0.0, 0.0};
    for (int k = b.first[a]; k < b.first[a + 1]; k++) {
      const int j = b.j[k];
      const double fj[3] = {-b.dEdr[3 * (size_t)k], -b.dEdr[3 * (size_t)k + 1], -b.dEdr[3 * (size_t)k + 2]};
      const double *const r = &b.rij[3 * (size_t)k];
      for (int c = 0; c < 3; c++) {
        f[j][c] += fj[c];
        fi[c] -= fj[c];
      }
      if (!vflag_either)
        continue;
      /* symmetric once summed over j (E_i does not change under rotation); symmetrised here so that each part is */
      const double v[6] = {r[0] * fj[0],
                           r[1] * fj[1],
                           r[2] * fj[2],
                           0.5 * (r[0] * fj[1] + r[1] * fj[0]),
                           0.5 * (r[0] * fj[2] + r[2] * fj[0]),
                           0.5 * (r[1] * fj[2] + r[2] * fj[1])};
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
        w[0] += r[0] * fj[0];
        w[1] += r[1] * fj[1];
        w[2] += r[2] * fj[2];
        w[3] += r[0] * fj[1];
        w[4] += r[0] * fj[2];
        w[5] += r[1] * fj[2];
        w[6] += r[1] * fj[0];
        w[7] += r[2] * fj[0];
        w[8] += r[2] * fj[1];
      }
    }
    for (int c = 0; c < 3; c++)
      f[i][c] += fi[c];
    if (eflag_global)
      eng_vdwl += b.energy[a];
    if (eflag_atom)
      eatom[i] += b.energy[a];
  }
}

/* ----------------------------------------------------------------------
   threads evaluate blocks in any order; their results are added in the
   order of the atoms, so the sums do not depend on the number of threads
------------------------------------------------------------------------- */

void PairMLFFLisi::compute(int eflag, int vflag) {
  ev_init(eflag, vflag);

  const int nthreads = std::max(1, comm->nthreads);
  lisi_error err = {};
  while ((int)work.size() < nthreads) {
    struct ace_work *w = nullptr;
    if (ace_work_create(eval, &w, &err) != LISI_OK)
      error->one(FLERR, "pair_style mlff/lisi: {}", err.message);
    work.push_back(w);
  }
  blocks.resize((size_t)nthreads * BLOCKS_PER_THREAD);

  const int inum = list->inum;
  const int stride = (int)blocks.size() * BLOCK_ATOMS;
  for (int begin = 0; begin < inum; begin += stride) {
    const int nblocks = (std::min(stride, inum - begin) + BLOCK_ATOMS - 1) / BLOCK_ATOMS;
#if defined(_OPENMP)
#pragma omp parallel for schedule(dynamic, 1) num_threads(nthreads) if (nthreads > 1)
#endif
    for (int n = 0; n < nblocks; n++) {
#if defined(_OPENMP)
      const int thread = omp_get_thread_num();
#else
      const int thread = 0;
#endif
      const int at = begin + n * BLOCK_ATOMS;
      try {
        gather(blocks[n], at, std::min(at + BLOCK_ATOMS, inum));
        evaluate(blocks[n], work[thread]);
      } catch (const std::bad_alloc &) {
        blocks[n].status = LISI_ERR_NOMEM;
        snprintf(blocks[n].message, sizeof blocks[n].message, "no memory for neighbours");
      }
    }
    for (int n = 0; n < nblocks; n++) {
      if (blocks[n].status != LISI_OK)
        error->one(FLERR, "pair_style mlff/lisi, step {}, near atom {}: {}", update->ntimestep,
                   blocks[n].i.empty() ? 0 : atom->tag[blocks[n].i[0]], blocks[n].message);
      scatter(blocks[n]);
    }
  }
}

double PairMLFFLisi::memory_usage() {
  double bytes = Pair::memory_usage();
  if (eval)
    bytes += (double)ace_eval_bytes(eval);
  for (const auto w : work)
    bytes += (double)ace_work_bytes(eval, w);
  for (const Block &b : blocks)
    bytes +=
        (double)((b.element.capacity() + b.first.capacity() + b.nelement.capacity() + b.i.capacity() + b.j.capacity()) *
                     sizeof(int) +
                 (b.rij.capacity() + b.energy.capacity() + b.dEdr.capacity()) * sizeof(double));
  return bytes;
}
