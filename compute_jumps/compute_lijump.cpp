/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compute lijump and the hidden fix that holds its state. Moves data between LAMMPS and the C core (sites, site_index,
 * framework, tracker); no science here. */
#include "compute_lijump.h"

#include "box_flip.h"
#include "file_bytes.h"
#include "framework.h"
#include "lammps_compat.h"

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "error.h"
#include "group.h"
#include "memory.h"
#include "modify.h"
#include "update.h"
#include "utils.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace LAMMPS_NS;

/* Steps in fixes' restart data are doubles: exact below 2^53. */
static const double FORMAT = 1.0;
static const double LARGEST_STRAIN = 0.08; /* between two samples */

/* ---- state ------------------------------------------------------------------------------------------------------ */

FixLiJumpState::FixLiJumpState(LAMMPS *lmp, int narg, char **arg)
    : Fix(lmp, narg, arg), atoms(nullptr), restarted(false) {
  if (narg != 3)
    error->all(FLERR, "fix lijump/state is internal to compute lijump and takes no arguments");
  restart_global = 1;
  restart_peratom = 1;
  create_attribute = 1;
  maxexchange = DOUBLES;
  FixLiJumpState::grow_arrays(atom->nmax);
  atom->add_callback(Atom::GROW);
  atom->add_callback(Atom::RESTART);
  forget();
}

FixLiJumpState::~FixLiJumpState() {
  atom->delete_callback(id, Atom::GROW);
  atom->delete_callback(id, Atom::RESTART);
  memory->sfree(atoms);
}

void FixLiJumpState::forget() {
  shared = Shared();
  shared.last = -1;
  for (int i = 0; i < atom->nlocal; i++)
    set_arrays(i);
}

void FixLiJumpState::write_restart(FILE *fp) {
  if (comm->me != 0)
    return;
  std::vector<double> list = {FORMAT, (double)shared.last, (double)shared.njumps, shared.drift_known ? 1.0 : 0.0};
  list.insert(list.end(), shared.drift, shared.drift + 3);
  list.insert(list.end(), &shared.H[0][0], &shared.H[0][0] + 9);
  list.push_back((double)fingerprint.size());
  list.insert(list.end(), fingerprint.begin(), fingerprint.end());
  const int size = (int)(list.size() * sizeof(double));
  fwrite(&size, sizeof(int), 1, fp);
  fwrite(list.data(), sizeof(double), list.size(), fp);
}

void FixLiJumpState::restart(char *buf) {
  std::vector<double> list(17);
  memcpy(list.data(), buf, 17 * sizeof(double));
  if (list[0] != FORMAT)
    error->all(FLERR, "compute lijump: its state in the restart file is of another version of lisi");
  shared.last = (bigint)list[1];
  shared.njumps = (bigint)list[2];
  shared.drift_known = list[3] != 0.0;
  for (int k = 0; k < 3; k++)
    shared.drift[k] = list[4 + k];
  memcpy(shared.H, &list[7], 9 * sizeof(double));
  fingerprint.resize((size_t)list[16]);
  memcpy(fingerprint.data(), buf + 17 * sizeof(double), fingerprint.size() * sizeof(double));
  restarted = true;
}

void FixLiJumpState::grow_arrays(int nmax) {
  atoms = (AtomState *)memory->srealloc(atoms, (bigint)nmax * (bigint)sizeof(AtomState), "lijump:state");
}

void FixLiJumpState::copy_arrays(int i, int j, int) {
  atoms[j] = atoms[i];
}

void FixLiJumpState::set_arrays(int i) {
  atoms[i] = AtomState();
}

int FixLiJumpState::pack_exchange(int i, double *buf) {
  atom_track_pack(&atoms[i].track, buf);
  buf[ATOM_TRACK_DOUBLES] = atoms[i].last_site;
  buf[ATOM_TRACK_DOUBLES + 1] = (double)atoms[i].id;
  return DOUBLES;
}

int FixLiJumpState::unpack_exchange(int i, double *buf) {
  atom_track_unpack(buf, &atoms[i].track);
  atoms[i].last_site = (int)buf[ATOM_TRACK_DOUBLES];
  atoms[i].id = (tagint)buf[ATOM_TRACK_DOUBLES + 1];
  return DOUBLES;
}

int FixLiJumpState::pack_restart(int i, double *buf) {
  buf[0] = DOUBLES + 1;
  return 1 + pack_exchange(i, buf + 1);
}

void FixLiJumpState::unpack_restart(int i, int nth) {
  const double *extra = atom->extra[i];
  int m = 0;
  for (int k = 0; k < nth; k++)
    m += (int)extra[m];
  unpack_exchange(i, atom->extra[i] + m + 1);
}

int FixLiJumpState::size_restart(int) {
  return DOUBLES + 1;
}
int FixLiJumpState::maxsize_restart() {
  return DOUBLES + 1;
}
double FixLiJumpState::memory_usage() {
  return (double)atom->nmax * sizeof(AtomState);
}

/* ---- compute ---------------------------------------------------------------------------------------------------- */

ComputeLiJump::ComputeLiJump(LAMMPS *lmp, int narg, char **arg)
    : Compute(lmp, narg, arg), nrecords(0), ntracked(0), nnew(0), set(nullptr), site_idx(nullptr),
      frame_idx(nullptr), given{0, 0, 0}, repl{0, 0, 0}, framebit(0), state(nullptr), state_restored(false),
      flipped(false), begins_flipped(false), nmax(0), rows(nullptr), evaluated(-1), jumps_seen(0) {
  if (narg < 4)
    utils::missing_cmd_args(FLERR, "compute lijump", error);
  if (!atom->tag_enable)
    error->all(FLERR, "compute lijump needs atom ids, but they are off (atom_modify id no)");
  if (strcmp(update->unit_style, "metal") != 0 && strcmp(update->unit_style, "real") != 0)
    error->all(FLERR, "compute lijump needs units metal or real, found units {}", update->unit_style);
  if (domain->dimension != 3 || !domain->xperiodic || !domain->yperiodic || !domain->zperiodic)
    error->all(FLERR, "compute lijump needs a box that is periodic in three dimensions");

  sites_name = arg[3];
  track_rule = {TRACK_NEAREST, 0.0, 1};
  bool core = false, sphere = false;
  for (int i = 4; i < narg;) {
    const std::string key = arg[i];
    const int take = key == "replicate" ? 3 : 1;
    if (key != "framework" && key != "core" && key != "sphere" && key != "dwell" && key != "replicate")
      error->all(FLERR, "compute lijump: unknown keyword {}; expected framework, core, sphere, dwell or replicate",
                 key);
    if (i + take >= narg)
      utils::missing_cmd_args(FLERR, "compute lijump " + key, error);
    if (key == "framework") {
      frame_group = arg[i + 1];
    } else if (key == "core" || key == "sphere") {
      track_rule.mode = key == "core" ? TRACK_CORE : TRACK_SPHERE;
      track_rule.radius = utils::numeric(FLERR, arg[i + 1], false, lmp);
      (key == "core" ? core : sphere) = true;
    } else if (key == "dwell") {
      track_rule.dwell = utils::inumeric(FLERR, arg[i + 1], false, lmp);
    } else {
      for (int k = 0; k < 3; k++) {
        given[k] = utils::inumeric(FLERR, arg[i + 1 + k], false, lmp);
        if (given[k] < 1)
          error->all(FLERR, "compute lijump: replicate has to be three numbers from 1, found {}", given[k]);
      }
    }
    i += 1 + take;
  }
  if (core && sphere)
    error->all(FLERR, "compute lijump: core and sphere exclude each other");

  read_sites(sites_name);
  state_id = std::string(id) + "_LIJUMP_STATE";
  state = dynamic_cast<FixLiJumpState *>(
      modify->add_fix(fmt::format("{} {} lijump/state", state_id, group->names[igroup])));
  if (!state)
    error->all(FLERR, "compute lijump: its fix {} could not be made", state_id);
  lisi_error err = {};
  if (state->goes_on()) { /* the box was looked at when the run began, and may have gone far since */
    take_box();
    for (int k = 0; k < 3; k++)
      repl[k] = given[0] ? given[k] : (int)state->fingerprint[2 + k];
  } else {
    take_first_box();
  }
  require(
      site_index_create(set->nsites, set->site[0].frac, (int)(sizeof(site) / sizeof(double)), repl, &site_idx, &err),
      err);
  require(site_index_set_box(site_idx, &box, &err), err);
  require(tracker_rule_check(&track_rule, site_index_closest(site_idx), &err), err);
  if (!frame_group.empty()) {
    const int igroup_frame = group->find(frame_group);
    if (igroup_frame < 0)
      error->all(FLERR, "compute lijump: framework group {} does not exist", frame_group);
    framebit = group->bitmask[igroup_frame];
    if (set->nframework == 0)
      error->all(FLERR, "compute lijump: framework {} is given, but {} holds no framework positions", frame_group,
                 sites_name);
    require(site_index_create(set->nframework, set->framework[0], 3, repl, &frame_idx, &err), err);
  }
  if (comm->me == 0) {
    utils::logmesg(lmp, "compute lijump {}: {} sites in {} x {} x {} cells of {}, mode {}{}, dwell {}\n", id,
                   site_index_sites(site_idx), repl[0], repl[1], repl[2], sites_name, track_mode_name(track_rule.mode),
                   track_rule.mode == TRACK_NEAREST ? "" : fmt::format(" {}", track_rule.radius), track_rule.dwell);
    for (int k = 0; k < set->nsites; k++)
      if (set->site[k].radius > 0.0) {
        error->warning(FLERR,
                       "compute lijump {}: the radius of site {} ({}) of {} is looked at for overlap only; core R and "
                       "sphere R hold for all sites",
                       id, k + 1, set->site[k].label, sites_name);
        break;
      }
    if (frame_group.empty())
      utils::logmesg(lmp, "compute lijump {}: no framework group, so no drift is taken off\n", id);
  }

  peratom_flag = 1;
  size_peratom_cols = 4;
  vector_flag = 1;
  size_vector = 6;
  extvector = 0;
  vector = new double[6]();

  /* What the state depends on; a restart with anything else would mix site numbers. FNV-1a of the site file. */
  uint64_t hash = 14695981039346656037ULL;
  for (size_t k = 0; k < set->ntext; k++)
    hash = (hash ^ (unsigned char)set->text[k]) * 1099511628211ULL;
  const std::vector<double> fingerprint = {(double)(hash >> 32),
                                           (double)(hash & 0xffffffffULL),
                                           (double)repl[0],
                                           (double)repl[1],
                                           (double)repl[2],
                                           (double)track_rule.mode,
                                           track_rule.radius,
                                           (double)track_rule.dwell,
                                           frame_group.empty() ? 0.0 : 1.0};
  if (state->restarted && state->fingerprint != fingerprint)
    error->all(
        FLERR,
        "compute lijump {}: the restart file holds its state for another site file, replicate, rule or framework; "
        "give the same arguments, or another compute ID to start anew",
        id);
  state_restored = state->restarted;
  state->fingerprint = fingerprint;
  jumps_seen = state->shared.njumps;
}

ComputeLiJump::~ComputeLiJump() {
  if (modify->nfix && !state_id.empty())
    modify->delete_fix(state_id);
  site_index_free(site_idx);
  site_index_free(frame_idx);
  site_set_free(set);
  memory->destroy(rows);
  delete[] vector;
}

/* All ranks have the same status here: reading is shared, and what follows from it is the same everywhere. */
void ComputeLiJump::require(lisi_status status, const lisi_error &err) const {
  if (status != LISI_OK)
    LisiCompat::error_all(error, FLERR, "compute lijump {}: {}", id,
                          err.message[0] ? err.message : lisi_status_string(status));
}

void ComputeLiJump::read_sites(const std::string &name) {
  lisi_error err = {};
  char *bytes = nullptr;
  size_t size = 0;
  lisi_status status = LISI_OK;
  if (comm->me == 0)
    status = file_bytes_read(name.c_str(), file_bytes_limit(name.c_str(), (size_t)1 << 30), &bytes, &size, &err);
  MPI_Bcast(&err, (int)sizeof err, MPI_BYTE, 0, world);
  int code = (int)status, length = (int)size;
  MPI_Bcast(&code, 1, MPI_INT, 0, world);
  MPI_Bcast(&length, 1, MPI_INT, 0, world);
  std::vector<char> text((size_t)length + 1, '\0');
  if (comm->me == 0 && code == LISI_OK)
    memcpy(text.data(), bytes, size);
  free(bytes);
  require((lisi_status)code, err);
  MPI_Bcast(text.data(), length, MPI_BYTE, 0, world);
  require(site_set_parse(text.data(), (size_t)length, name.c_str(), &set, &err), err);
}

void ComputeLiJump::init() {
  state = dynamic_cast<FixLiJumpState *>(modify->get_fix_by_id(state_id));
  if (!state)
    error->all(FLERR, "compute lijump {}: its internal fix {} is gone", id, state_id);
  if (state->shared.last > update->ntimestep && !has_sampler()) /* reset_timestep, or a rerun after a run */
    forget_atoms(true);
  if (domain->nonperiodic)
    error->all(FLERR, "compute lijump needs a box that is periodic in three dimensions");

  bigint mine[3] = {0, 0, 0}, all[3];
  for (int i = 0; i < atom->nlocal; i++) {
    const bool tracked = atom->mask[i] & groupbit, frame = atom->mask[i] & framebit;
    mine[0] += tracked;
    mine[1] += frame;
    mine[2] += tracked && frame;
  }
  MPI_Allreduce(mine, all, 3, MPI_LMP_BIGINT, MPI_SUM, world);
  if (all[0] == 0)
    error->all(FLERR, "compute lijump {}: group {} is empty", id, group->names[igroup]);
  if (framebit && all[1] == 0)
    error->all(FLERR, "compute lijump {}: framework group {} is empty", id, frame_group);
  if (all[2] > 0)
    error->all(FLERR, "compute lijump {}: groups {} and {} overlap in {} atoms; an atom is either tracked or framework",
               id, group->names[igroup], frame_group, all[2]);
}

/* The box as a dump prints it: bounds where it is triclinic. */
void ComputeLiJump::read_box() {
  const double tilt[3] = {domain->xy, domain->xz, domain->yz}, none[3] = {0.0, 0.0, 0.0};
  lisi_error err = {};
  if (domain->triclinic)
    require(lattice_from_bounds(domain->boxlo_bound, domain->boxhi_bound, tilt, &raw, &err), err);
  else
    require(lattice_from_box(domain->boxlo, domain->boxhi, none, &raw, &err), err);
}

void ComputeLiJump::take_box() {
  lisi_error err = {};
  read_box();
  box = raw;
  flipped = undo_flip();
  if (site_idx)
    require(site_index_set_box(site_idx, &box, &err), err);
  if (frame_idx)
    require(site_index_set_box(frame_idx, &box, &err), err);
}

/* The box before there is a last one to go on from: it has to fit the site file, or to be a flip of one that does.
 * Taken when the compute is defined, and again until and at the first sample, since the box may flip or change in
 * between. */
void ComputeLiJump::take_first_box() {
  lisi_error err = {};
  int now[3];
  read_box();
  lattice first = raw;
  begins_flipped = site_set_unflip(set, given, &raw, first_H);
  if (begins_flipped)
    require(lattice_from_rows(first_H, &first, &err), err);
  require(site_set_replicate(set, &first, given, now, &err), err);
  if (!site_idx)
    memcpy(repl, now, sizeof repl);
  else if (memcmp(repl, now, sizeof repl) != 0)
    LisiCompat::error_all(
        error, FLERR,
        "compute lijump {}: the box is {} x {} x {} unit cells, but was {} x {} x {} when the compute "
        "was defined; define it anew",
        id, now[0], now[1], now[2], repl[0], repl[1], repl[2]);
  take_box();
  if (site_idx)
    require(tracker_rule_check(&track_rule, site_index_closest(site_idx), &err), err);
}

/* A flip of a tilted box renumbers images and unit cells, while the site file's cell does not flip with it: the box
 * goes on as the one of the last sample. */
bool ComputeLiJump::undo_flip() {
  const bool goes_on = state && state->shared.last >= 0;
  int M[3][3];
  if (!goes_on && !begins_flipped)
    return false;
  if (!box_flip_find(goes_on ? state->shared.H : first_H, &raw, M) || box_flip_is_none(M))
    return false;
  lisi_error err = {};
  require(box_flip_undo(M, &box, 0, nullptr, &err), err);
  box_flip_inverse(M, unflip);
  return true;
}

/* A box that is another number of unit cells (change_box) shows as a strain that no run makes between two samples: the
 * smallest, from ten cells to nine or eleven, is about a tenth. */
void ComputeLiJump::check_box() {
  const auto &old = state->shared.H;
  double strain = 0.0;
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) {
      double m = 0.0;
      for (int c = 0; c < 3; c++)
        m += old[i][c] * box.inv[c][k];
      strain = std::max(strain, std::fabs(m - (i == k ? 1.0 : 0.0)));
    }
  if (strain > LARGEST_STRAIN)
    LisiCompat::error_all(
        error, FLERR,
        "compute lijump {}: the box changed by {:.3g} % between steps {} and {}, accepted is {:.3g} %; "
        "paths cannot go on in another box: define the compute anew, or sample more often",
        id, 100.0 * strain, state->shared.last, update->ntimestep, 100.0 * LARGEST_STRAIN);
}

/* Fractions of the box, flips undone, with the image. */
void ComputeLiJump::unwrapped(int i, double f[3]) const {
  const imageint image = atom->image[i];
  double g[3];
  lattice_frac(&raw, atom->x[i], g);
  g[0] += (image & IMGMASK) - IMGMAX;
  g[1] += (image >> IMGBITS & IMGMASK) - IMGMAX;
  g[2] += (image >> IMG2BITS) - IMGMAX;
  for (int k = 0; k < 3; k++)
    f[k] = flipped ? g[0] * unflip[0][k] + g[1] * unflip[1][k] + g[2] * unflip[2][k] : g[k];
}

/* First sample: all framework atoms in the order of their ids, on every rank. */
void ComputeLiJump::start_drift(double *d) {
  std::vector<double> mine, all;
  for (int i = 0; i < atom->nlocal; i++)
    if (atom->mask[i] & framebit) {
      double f[3];
      unwrapped(i, f);
      mine.insert(mine.end(), {(double)atom->tag[i], f[0], f[1], f[2]});
    }
  const int nprocs = comm->nprocs, nmine = (int)mine.size();
  std::vector<int> counts(nprocs), offsets(nprocs, 0);
  MPI_Allgather(&nmine, 1, MPI_INT, counts.data(), 1, MPI_INT, world);
  for (int p = 1; p < nprocs; p++)
    offsets[p] = offsets[p - 1] + counts[p - 1];
  const size_t natoms = (size_t)(offsets[nprocs - 1] + counts[nprocs - 1]) / 4;
  all.resize(4 * natoms + 4);
  MPI_Allgatherv(mine.data(), nmine, MPI_DOUBLE, all.data(), counts.data(), offsets.data(), MPI_DOUBLE, world);
  std::vector<size_t> order(natoms);
  for (size_t k = 0; k < natoms; k++)
    order[k] = k;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return all[4 * a] < all[4 * b]; });
  std::vector<double> f(3 * natoms + 3);
  for (size_t k = 0; k < natoms; k++)
    memcpy(&f[3 * k], &all[4 * order[k] + 1], 3 * sizeof(double));
  lisi_error err = {};
  double rms;
  require(framework_start(frame_idx, (int)natoms, (const double(*)[3])f.data(), d, &rms, &err), err);
  if (comm->me == 0 && (d[0] != 0.0 || d[1] != 0.0 || d[2] != 0.0))
    utils::logmesg(lmp,
                   "compute lijump {}: framework shifted by {:.5f} {:.5f} {:.5f} of the box, RMS distance {:.4g} A\n",
                   id, d[0], d[1], d[2], rms);
}

void ComputeLiJump::find_drift(double *d, bool &known) {
  if (!framebit) {
    d[0] = d[1] = d[2] = 0.0;
  } else if (!known) {
    start_drift(d);
  } else {
    framework_sums mine = {}, all = {};
    for (int i = 0; i < atom->nlocal; i++)
      if (atom->mask[i] & framebit) {
        double f[3];
        unwrapped(i, f);
        framework_add(frame_idx, d, f, &mine);
      }
    MPI_Allreduce(mine.sum, all.sum, FRAMEWORK_SUMS, MPI_INT64_T, MPI_SUM, world);
    lisi_error err = {};
    double rms;
    require(framework_finish(frame_idx, &all, d, &rms, &err), err);
  }
  known = true;
}

void ComputeLiJump::position(int i, double p[3]) const {
  unwrapped(i, p);
  for (int k = 0; k < 3; k++)
    p[k] -= drift[k];
}

void ComputeLiJump::forget_atoms(bool everything) {
  if (everything) {
    state->forget();
    jumps_seen = 0;
  } else
    for (int i = 0; i < atom->nlocal; i++)
      state->set_arrays(i);
}

void ComputeLiJump::sample() {
  auto &shared = state->shared;
  const bigint step = update->ntimestep;
  if (step == shared.last)
    return;
  if (step < shared.last)
    LisiCompat::error_all(error, FLERR,
                          "compute lijump {}: step {} comes after step {} was sampled; time cannot run backwards", id,
                          step, shared.last);
  if (shared.last >= 0) {
    take_box();
    check_box();
  } else {
    take_first_box();
  }
  find_drift(shared.drift, shared.drift_known);
  memcpy(drift, shared.drift, sizeof drift);

  records.clear();
  newcomers.clear();
  bigint mine[6] = {0, 0, 0, 0, 0, 0}, all[6];
  for (int i = 0; i < atom->nlocal; i++) {
    auto &a = state->atoms[i];
    if (!(atom->mask[i] & groupbit)) {
      if (a.track.started)
        state->set_arrays(i); /* has left the group; where it comes back it is a new atom */
      continue;
    }
    mine[1]++;
    if (!a.track.started)
      newcomers.push_back(atom->tag[i]);
    mine[5] += a.track.started && a.id != atom->tag[i];
    a.id = atom->tag[i];
    double p[3];
    site_hit hit;
    jump_record record;
    position(i, p);
    site_index_nearest(site_idx, p, &hit);
    if (hit.site == 0) {
      mine[4] = std::max(mine[4], (bigint)atom->tag[i]);
      continue;
    }
    if (!tracker_advance(&track_rule, step, &hit, &a.track, &record))
      continue;
    record.id = atom->tag[i];
    records.push_back(record);
    if (record.to == 0)
      continue;
    if (a.last_site != 0 && (record.to != a.last_site || record.n[0] != 0 || record.n[1] != 0 || record.n[2] != 0))
      mine[3]++;
    a.last_site = record.to;
  }
  mine[0] = (bigint)records.size();
  mine[2] = (bigint)newcomers.size();
  MPI_Allreduce(mine, all, 6, MPI_LMP_BIGINT, MPI_SUM, world);
  if (all[4] > 0) {
    MPI_Allreduce(&mine[4], &all[4], 1, MPI_LMP_BIGINT, MPI_MAX, world);
    LisiCompat::error_all(error, FLERR, "compute lijump {}: the position of atom {} is not finite at step {}", id,
                          all[4], step);
  }
  if (all[5] > 0)
    LisiCompat::error_all(
        error, FLERR,
        "compute lijump {}: {} atoms have other ids than at the last sample, so paths cannot go on; use compress no in "
        "delete_atoms, and no reset_atoms id",
        id, all[5]);
  nrecords = all[0];
  ntracked = all[1];
  nnew = all[2];
  shared.njumps += all[3];
  shared.last = step;
  memcpy(shared.H, box.H, sizeof shared.H);
}

bigint ComputeLiJump::unknown_from() {
  const bigint step = state->shared.last;
  bigint mine = step + 1, all;
  /* Atoms that left the group since count, too: back before the next sample, they go on as if never away. */
  for (int i = 0; i < atom->nlocal; i++)
    mine = std::min(mine, (bigint)tracker_unknown_from(&state->atoms[i].track, step));
  MPI_Allreduce(&mine, &all, 1, MPI_LMP_BIGINT, MPI_MIN, world);
  return all;
}

bool ComputeLiJump::has_sampler() const {
  for (const auto &fix : modify->get_fix_list()) {
    int dim = -1;
    if (strcmp(fix->style, "msm") != 0)
      continue;
    const char *sampled = (const char *)fix->extract("compute", dim);
    if (sampled && strcmp(sampled, id) == 0)
      return true;
  }
  return false;
}

/* Fills the output for the present positions. Where a fix samples and this is not one of its samples, each atom is
 * advanced in a copy. */
void ComputeLiJump::evaluate() {
  const bigint step = update->ntimestep;
  if (!has_sampler())
    sample();
  const bool advance = step != state->shared.last;
  bool known = state->shared.drift_known;
  if (state->shared.last >= 0)
    take_box();
  else
    take_first_box();
  memcpy(drift, state->shared.drift, sizeof drift);
  find_drift(drift, known);

  if (atom->nmax > nmax) {
    nmax = atom->nmax;
    memory->destroy(rows);
    memory->create(rows, nmax, 4, "lijump:rows");
    array_atom = rows;
  }
  std::vector<int> mine((size_t)site_index_sites(site_idx) + 1, 0), occupied(mine.size());
  for (int i = 0; i < atom->nlocal; i++) {
    double *row = rows[i];
    row[0] = row[1] = row[2] = row[3] = 0.0;
    if (!(atom->mask[i] & groupbit))
      continue;
    atom_track track = state->atoms[i].track;
    double p[3];
    site_hit hit;
    jump_record unused;
    position(i, p);
    site_index_nearest(site_idx, p, &hit);
    if (advance)
      tracker_advance(&track_rule, step, &hit, &track, &unused);
    mine[(size_t)track.site]++;
    row[0] = track.site;
    row[3] = (double)(step - track.since) * update->dt;
    row[2] = hit.distance;
    if (track.site == 0)
      continue;
    row[1] = set->site[(track.site - 1) % set->nsites].type;
    if (track.site != hit.site || memcmp(track.n, hit.n, sizeof hit.n) != 0) {
      double at[3], d[3];
      site_index_position(site_idx, track.site, at);
      for (int k = 0; k < 3; k++)
        at[k] = p[k] - (at[k] + track.n[k]);
      lattice_vector(&box, at, d);
      row[2] = std::sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    }
  }
  MPI_Allreduce(mine.data(), occupied.data(), (int)mine.size(), MPI_INT, MPI_SUM, world);
  counts[0] = counts[2] = counts[3] = 0;
  counts[1] = occupied[0];
  for (size_t s = 1; s < occupied.size(); s++) {
    counts[0] += occupied[s];
    counts[2] += occupied[s] > 1;
    counts[3] += occupied[s] == 0;
  }
}

void ComputeLiJump::compute_peratom() {
  invoked_peratom = update->ntimestep;
  evaluate();
}

void ComputeLiJump::compute_vector() {
  invoked_vector = update->ntimestep;
  evaluate();
  const bigint njumps = state->shared.njumps;
  for (int k = 0; k < 4; k++)
    vector[k] = (double)counts[k];
  if (evaluated != update->ntimestep) {
    vector[4] = (double)(njumps - jumps_seen);
    jumps_seen = njumps;
    evaluated = update->ntimestep;
  }
  vector[5] = (double)njumps;
}

double ComputeLiJump::memory_usage() {
  return (double)nmax * 4 * sizeof(double);
}
