/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix msm: what travels with the atoms (the origins of displacements) and what goes into restart files. */
#include "fix_msm.h"

#include "compute_lijump.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "memory.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

using namespace LAMMPS_NS;

static const int FORMAT = 1;

/* ---- displacements ---------------------------------------------------------------------------------------------- */

void FixMSM::sample_msd() {
  const bigint now = last / every;
  /* An atom outside of the group has no origins; where it comes back it begins anew. */
  for (int i = 0; i < atom->nlocal; i++)
    if (!(atom->mask[i] & groupbit))
      FixMSM::set_arrays(i);
  struct Due {
    bigint origin;
    int slot;
  };
  std::vector<Due> due;
  for (int s = 0; s < plan.norigins; s++)
    if (slot_origin[s] >= 0 && msd_is_lag(&plan, now - slot_origin[s] / every))
      due.push_back({slot_origin[s], s});
  std::sort(due.begin(), due.end(), [](const Due &a, const Due &b) { return a.origin < b.origin; });
  const bool sets = msd_is_origin(&plan, now);
  if (due.empty() && !sets)
    return;
  const int slot = sets ? msd_slot(&plan, now) : 0;

  std::vector<int64_t> mine(7 * due.size() + 1, 0), all(mine.size(), 0);
  for (int i = 0; i < atom->nlocal; i++) {
    if (!(atom->mask[i] & groupbit))
      continue;
    double p[3], r[3];
    jump->position(i, p);
    lattice_vector(&jump->sample_box(), p, r);
    for (size_t k = 0; k < due.size(); k++) {
      const double *o = &origins[i][3 * due[k].slot];
      if (std::isnan(o[0]))
        continue;
      const double x = r[0] - o[0], y = r[1] - o[1], z = r[2] - o[2];
      const double product[6] = {x * x, y * y, z * z, x * y, x * z, y * z};
      for (int c = 0; c < 6; c++)
        mine[7 * k + c] += std::llrint(product[c] * MSD_UNIT);
      mine[7 * k + 6]++;
    }
    if (sets)
      memcpy(&origins[i][3 * slot], r, sizeof r);
  }
  if (sets)
    slot_origin[slot] = last;
  if (due.empty())
    return;
  MPI_Reduce(mine.data(), all.data(), (int)(7 * due.size()), MPI_INT64_T, MPI_SUM, 0, world);
  if (comm->me != 0)
    return;
  for (size_t k = 0; k < due.size() && status == LISI_OK; k++) {
    const int64_t natoms = all[7 * k + 6];
    if (natoms == 0)
      continue;
    double sum[6];
    for (int c = 0; c < 6; c++)
      sum[c] = (double)all[7 * k + c] / MSD_UNIT;
    note(msd_log_line(msd, due[k].origin, last - due[k].origin, natoms, sum, &failure));
  }
}

/* ---- state of the fix in restart files -------------------------------------------------------------------------- */

namespace {
struct RestartHead {
  int format, norigins;
  bigint every, first, last, known, natoms, ncells, nlog, nwaiting, nbreaks, nalive;
  int64_t spacing;
  double dt, cell_sum[9];
};
} // namespace

void FixMSM::write_restart(FILE *fp) {
  if (comm->me != 0)
    return;
  /* The jump log goes on from what is kept here; lines of the MSD are in its file or nowhere. */
  if (msd && msd_log_flush(msd, &failure) != LISI_OK)
    error->one(FLERR, "fix msm {}: {}", id, failure.message);
  std::vector<char> state = log_state;
  if (log) {
    state.resize(jump_log_state(log, nullptr));
    jump_log_state(log, state.data());
  }
  RestartHead head = {};
  head.format = FORMAT;
  head.norigins = plan.norigins;
  head.spacing = plan.spacing;
  head.every = every;
  head.first = first;
  head.last = last;
  head.known = known;
  head.natoms = natoms_before;
  head.ncells = ncells;
  head.nlog = (bigint)state.size();
  head.nwaiting = (bigint)waiting.size();
  head.nbreaks = (bigint)breaks.size();
  head.nalive = (bigint)alive.size();
  head.dt = dt;
  memcpy(head.cell_sum, cell_sum, sizeof cell_sum);

  std::vector<char> bytes;
  const auto put = [&bytes](const void *data, size_t size) {
    if (size > 0)
      bytes.insert(bytes.end(), (const char *)data, (const char *)data + size);
  };
  put(&head, sizeof head);
  put(slot_origin.data(), slot_origin.size() * sizeof(bigint));
  put(state.data(), state.size());
  put(waiting.data(), waiting.size() * sizeof(jump_event));
  put(breaks.data(), breaks.size() * sizeof(bigint));
  put(alive.data(), alive.size() * sizeof(tagint));
  if (bytes.size() > (size_t)MAXSMALLINT)
    error->one(FLERR, "fix msm {}: its state is too large for a restart file; use a smaller flush", id);
  const int size = (int)bytes.size();
  fwrite(&size, sizeof(int), 1, fp);
  fwrite(bytes.data(), 1, bytes.size(), fp);
}

void FixMSM::restart(char *buf) {
  RestartHead head;
  const char *at = buf;
  const auto get = [&at](void *data, size_t size) {
    if (size > 0)
      memcpy(data, at, size);
    at += size;
  };
  get(&head, sizeof head);
  if (head.format != FORMAT)
    error->all(FLERR, "fix msm {}: its state in the restart file is of another version of lisi", id);
  if (head.last < 0)
    return; /* had not begun */
  if (head.every != every)
    error->all(FLERR,
               "fix msm {}: the restart file goes on with a sample every {} steps, found {}; give that, or another fix "
               "ID to start anew",
               id, head.every, every);
  if (head.spacing != plan.spacing || head.norigins != plan.norigins)
    error->all(FLERR, "fix msm {}: the restart file goes on with msd {} {}, found {} {}", id, head.spacing,
               head.norigins, plan.spacing, plan.norigins);
  first = head.first;
  last = head.last;
  known = head.known;
  natoms_before = head.natoms;
  ncells = head.ncells;
  dt = head.dt;
  memcpy(cell_sum, head.cell_sum, sizeof cell_sum);
  restored = true;
  get(slot_origin.data(), slot_origin.size() * sizeof(bigint));
  if (comm->me != 0)
    return;
  log_state.resize((size_t)head.nlog);
  waiting.resize((size_t)head.nwaiting);
  breaks.resize((size_t)head.nbreaks);
  alive.resize((size_t)head.nalive);
  get(log_state.data(), log_state.size());
  get(waiting.data(), waiting.size() * sizeof(jump_event));
  get(breaks.data(), breaks.size() * sizeof(bigint));
  get(alive.data(), alive.size() * sizeof(tagint));
}

void FixMSM::grow_arrays(int nmax) {
  if (ncols > 0)
    memory->grow(origins, nmax, ncols, "msm:origins");
}

void FixMSM::copy_arrays(int i, int j, int) {
  if (ncols > 0)
    memcpy(origins[j], origins[i], (size_t)ncols * sizeof(double));
}

void FixMSM::set_arrays(int i) {
  for (int k = 0; k < ncols; k++)
    origins[i][k] = std::numeric_limits<double>::quiet_NaN();
}

int FixMSM::pack_exchange(int i, double *buf) {
  if (ncols > 0)
    memcpy(buf, origins[i], (size_t)ncols * sizeof(double));
  return ncols;
}

int FixMSM::unpack_exchange(int i, double *buf) {
  if (ncols > 0)
    memcpy(origins[i], buf, (size_t)ncols * sizeof(double));
  return ncols;
}

int FixMSM::pack_restart(int i, double *buf) {
  buf[0] = ncols + 1;
  return 1 + pack_exchange(i, buf + 1);
}

void FixMSM::unpack_restart(int i, int nth) {
  double *extra = atom->extra[i];
  int m = 0;
  for (int k = 0; k < nth; k++)
    m += (int)extra[m];
  if ((int)extra[m] != ncols + 1)
    error->one(FLERR, "fix msm {}: the restart file goes on with another msd W M", id);
  unpack_exchange(i, extra + m + 1);
}

int FixMSM::size_restart(int) {
  return ncols + 1;
}
int FixMSM::maxsize_restart() {
  return ncols + 1;
}
double FixMSM::memory_usage() {
  return (double)atom->nmax * ncols * sizeof(double);
}
