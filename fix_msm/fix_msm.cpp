/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix msm. Brings what compute lijump finds on each rank to rank 0 and hands it to the jump log, the counts and the
 * displacement log, all of them C. */
#include "fix_msm.h"

#include "compute_lijump.h"
#include "counts_file.h"
#include "lammps_compat.h"

#include "atom.h"
#include "atom_masks.h"
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
#include <cstdlib>
#include <cstring>
#include <sys/stat.h>

using namespace LAMMPS_NS;

static const int LARGEST_MATRIX = 1000; /* sites; above, there is no global array */
static const long long FIRST_BLOCK = 1; /* time blocks of the counts start this long (samples) and double ... */
static const int BLOCKS = 32;           /* ... whenever there get to be more than so many */

FixMSM::FixMSM(LAMMPS *lmp, int narg, char **arg)
    : Fix(lmp, narg, arg), flush(100), plan{50, 20}, temperature(0.0), jump(nullptr), nsites(0), first(-1), last(-1),
      known(-1), dt(0.0), njumps(0), natoms_before(0), restored(false), ncols(0), origins(nullptr), log(nullptr),
      msd(nullptr), stream(nullptr), cell_sum{}, ncells(0), matrix_known(-2), status(LISI_OK), failure{} {
  if (narg < 5)
    utils::missing_cmd_args(FLERR, "fix msm", error);
  if (!atom->tag_enable)
    error->all(FLERR, "fix msm needs atom ids, but they are off (atom_modify id no)");
  every = utils::bnumeric(FLERR, arg[3], false, lmp);
  if (every < 1 || every > MAXSMALLINT)
    error->all(FLERR, "fix msm: N, the steps between samples, has to be a number from 1, found {}", arg[3]);
  nevery = (int)every;
  compute_id = arg[4];
  jump = dynamic_cast<ComputeLiJump *>(modify->get_compute_by_id(compute_id));
  if (!jump)
    error->all(FLERR, "fix msm: {} is not the ID of a compute lijump", compute_id);
  if (jump->igroup != igroup)
    error->all(FLERR, "fix msm: its group {} differs from group {} of compute {}; give the same", group->names[igroup],
               group->names[jump->igroup], compute_id);

  for (int i = 5; i < narg;) {
    const std::string key = arg[i++];
    const int take = key == "msd" ? 2 : 1;
    if (key != "log" && key != "lags" && key != "counts" && key != "flush" && key != "msd" && key != "temperature")
      error->all(FLERR, "fix msm: unknown keyword {}; expected log, lags, counts, flush, msd or temperature", key);
    if (i + take > narg)
      utils::missing_cmd_args(FLERR, "fix msm " + key, error);
    if (key == "log")
      log_path = arg[i];
    if (key == "counts")
      counts_path = arg[i];
    if (key == "flush") {
      flush = utils::bnumeric(FLERR, arg[i], false, lmp);
      if (flush < 1)
        error->all(FLERR, "fix msm: flush has to be a number of samples from 1, found {}", flush);
    }
    if (key == "temperature") {
      temperature = utils::numeric(FLERR, arg[i], false, lmp);
      if (!(temperature > 0.0))
        error->all(FLERR, "fix msm: temperature has to be positive, found {}", arg[i]);
    }
    if (key == "msd") {
      plan.spacing = utils::bnumeric(FLERR, arg[i], false, lmp);
      plan.norigins = utils::inumeric(FLERR, arg[i + 1], false, lmp);
      const bool off = plan.spacing == 0 && plan.norigins == 0;
      if (!off && (plan.spacing < 1 || plan.norigins < 1 || plan.norigins > 1000))
        error->all(FLERR, "fix msm: msd wants a spacing from 1 and 1 to 1000 origins (or 0 0 for none), found {} {}",
                   arg[i], arg[i + 1]);
    }
    if (key != "lags") {
      i += take;
      continue;
    }
    lags.clear();
    while (i < narg && utils::is_integer(arg[i])) {
      lags.push_back(utils::bnumeric(FLERR, arg[i], false, lmp));
      if (lags.back() < 1)
        error->all(FLERR, "fix msm: a lag has to be a number of samples from 1, found {}", arg[i]);
      i++;
    }
    if (lags.empty())
      error->all(FLERR, "fix msm: lags wants numbers of samples, found {}", arg[i]);
  }
  if (log_path.empty())
    error->all(FLERR, "fix msm: log FILE is missing; every jump has to go somewhere");
  if (!counts_path.empty() && lags.empty())
    error->all(FLERR, "fix msm: counts {} is given without lags", counts_path);
  if (!lags.empty() && counts_path.empty())
    counts_path = log_path + ".counts";

  nsites = site_index_sites(jump->index());
  scalar_flag = 1;
  extscalar = 0;
  global_freq = 1;
  if (!lags.empty() && nsites <= LARGEST_MATRIX) {
    array_flag = 1;
    size_array_rows = size_array_cols = nsites;
    extarray = 0;
  }
  time_depend = 1; /* steps stand in the log: no reset_timestep */
  /* What a sample reads, compute lijump included. Under KOKKOS no more than this comes from the device, and nothing
   * goes back. */
  datamask_read = X_MASK | IMAGE_MASK | TAG_MASK | MASK_MASK;
  datamask_modify = EMPTY_MASK;
  restart_global = 1;
  create_attribute = 1;
  if (plan.spacing > 0) {
    ncols = 3 * plan.norigins;
    slot_origin.assign((size_t)plan.norigins, -1);
    restart_peratom = 1;
    maxexchange = ncols;
    FixMSM::grow_arrays(atom->nmax);
    atom->add_callback(Atom::GROW);
    atom->add_callback(Atom::RESTART);
    for (int i = 0; i < atom->nlocal; i++)
      FixMSM::set_arrays(i);
  }
}

FixMSM::~FixMSM() {
  if (ncols > 0) {
    atom->delete_callback(id, Atom::GROW);
    atom->delete_callback(id, Atom::RESTART);
  }
  memory->destroy(origins);
  lisi_error err = {};
  lisi_status closed = jump_log_close(log, &err);
  const lisi_status also = msd ? msd_log_close(msd, &err) : LISI_OK;
  if (closed == LISI_OK)
    closed = also;
  if (closed != LISI_OK)
    error->warning(FLERR, "fix msm: {}", err.message);
  counts_stream_free(stream);
}

int FixMSM::setmask() {
  return FixConst::END_OF_STEP | FixConst::POST_RUN;
}

double FixMSM::timestep_ps() const {
  return strcmp(update->unit_style, "real") == 0 ? 0.001 * update->dt : update->dt;
}

/* ---- failures on rank 0 ----------------------------------------------------------------------------------------- */

void FixMSM::note(lisi_status s) {
  if (s != LISI_OK && status == LISI_OK)
    status = s;
}

/* All ranks learn of a failure on rank 0, and stop together. */
void FixMSM::agree() {
  int code = (int)status;
  MPI_Bcast(&code, 1, MPI_INT, 0, world);
  if (code == LISI_OK)
    return;
  MPI_Bcast(&failure, (int)sizeof failure, MPI_BYTE, 0, world);
  LisiCompat::error_all(error, FLERR, "fix msm {}: {}", id,
                        failure.message[0] ? failure.message : lisi_status_string((lisi_status)code));
}

/* ---- run -------------------------------------------------------------------------------------------------------- */

void FixMSM::init() {
  jump = dynamic_cast<ComputeLiJump *>(modify->get_compute_by_id(compute_id));
  if (!jump)
    error->all(FLERR, "fix msm {}: compute lijump {} is gone", id, compute_id);
  if (jump->igroup != igroup)
    error->all(FLERR, "fix msm {}: its group {} differs from group {} of compute {}, which was defined anew", id,
               group->names[igroup], group->names[jump->igroup], compute_id);
  if (site_index_sites(jump->index()) != nsites)
    error->all(FLERR, "fix msm {}: compute {} was defined anew, with {} sites instead of {}; define the fix anew", id,
               compute_id, site_index_sites(jump->index()), nsites);
  bool behind = false;
  for (const auto &other : modify->get_fix_list()) {
    if (other == this) {
      behind = true;
      continue;
    }
    if (behind && last < 0 && comm->me == 0 && (other->box_change & (BOX_CHANGE_SIZE | BOX_CHANGE_SHAPE)) &&
        (modify->get_fix_mask(other) & FixConst::END_OF_STEP))
      error->warning(FLERR,
                     "fix {} changes the box at the end of a step, after fix msm {} has sampled: define it before",
                     other->id, id);
    auto *twin = dynamic_cast<FixMSM *>(other);
    if (!twin || twin->compute_id != compute_id)
      continue;
    if (twin->every != every)
      error->all(FLERR,
                 "fix msm {} samples compute {} every {} steps and fix msm {} every {}: one compute has one N; define "
                 "a second compute",
                 id, compute_id, every, other->id, twin->every);
    if ((twin->last >= 0) != (last >= 0))
      error->all(FLERR,
                 "fix msm {} and {} sample compute {}, but one of them began earlier: define both before the run, or a "
                 "second compute",
                 id, other->id, compute_id);
  }
  if (last >= 0 && last != jump->last_sample())
    error->all(FLERR,
               "fix msm {} was at step {} and its compute {} at step {}: after a restart both have to have the IDs "
               "that they had",
               id, last, compute_id, jump->last_sample());
  njumps = last < 0 ? 0 : jump->jumps_in_all();
  refuse_shared_files();
  reset_dt();
}

/* With its folder written out in full; as it stands where the folder is not there. */
static std::string full_path(const std::string &path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  char *whole = realpath(folder.c_str(), nullptr);
  if (!whole)
    return path;
  const std::string full = std::string(whole) + "/" + (slash == std::string::npos ? path : path.substr(slash + 1));
  free(whole);
  return full;
}

static bool same_file(const std::string &x, const std::string &y) {
  struct stat a, b;
  if (stat(x.c_str(), &a) == 0 && stat(y.c_str(), &b) == 0)
    return S_ISREG(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
  return full_path(x) == full_path(y);
}

std::vector<std::string> FixMSM::outputs() const {
  std::vector<std::string> files = {log_path};
  if (plan.spacing > 0)
    files.push_back(log_path + ".msd");
  if (!lags.empty())
    files.push_back(counts_path);
  return files;
}

/* Each file has one writer, and the site files stay as they are. */
void FixMSM::refuse_shared_files() {
  if (comm->me == 0) {
    const auto mine = outputs();
    for (size_t k = 0; k < mine.size(); k++)
      for (size_t m = 0; m < k; m++)
        if (same_file(mine[k], mine[m]))
          note(lisi_fail(&failure, LISI_ERR_INPUT, "%s and %s would be written to one file; give each its own",
                         mine[m].c_str(), mine[k].c_str()));
    for (const auto &other : modify->get_fix_list()) {
      const auto *twin = dynamic_cast<const FixMSM *>(other);
      if (!twin || twin == this)
        continue;
      for (const auto &file : mine)
        for (const auto &theirs : twin->outputs())
          if (same_file(file, theirs))
            note(lisi_fail(&failure, LISI_ERR_INPUT, "%s would be written by fix msm %s as well; give each its own",
                           file.c_str(), twin->id));
    }
    for (const auto &compute : modify->get_compute_list()) {
      const auto *read = dynamic_cast<const ComputeLiJump *>(compute);
      for (const auto &file : mine)
        if (read && same_file(file, read->site_file()))
          note(lisi_fail(&failure, LISI_ERR_INPUT, "%s would be written over the site file of compute lijump %s",
                         file.c_str(), read->id));
    }
  }
  agree();
}

void FixMSM::reset_dt() {
  if (last >= 0 && std::fabs(timestep_ps() - dt) > 1e-12 * dt)
    error->all(FLERR, "fix msm {}: the timestep changed from {} to {} ps; a jump log has one: start another fix msm",
               id, dt, timestep_ps());
}

void FixMSM::setup(int) {
  if (restored)
    reopen_logs();
  if (update->ntimestep % every == 0)
    sample();
}

void FixMSM::end_of_step() {
  sample();
}

void FixMSM::post_run() {
  if (last < 0 || restored)
    return;
  flush_log();
  if (comm->me == 0) {
    if (msd)
      note(msd_log_flush(msd, &failure));
    if (stream && status == LISI_OK)
      write_counts();
  }
  agree();
}

/* One sample. A step that has been sampled is skipped: a rerun calls setup and end_of_step on each frame, and runs in a
 * row share a step. */
void FixMSM::sample() {
  const bigint step = update->ntimestep;
  if (step == last)
    return;
  const bool begins = last < 0, broken = !begins && step != last + every;
  const bigint before = last;
  bool taken = false; /* another fix has sampled this step already */
  std::vector<FixMSM *> twins;
  for (const auto &other : modify->get_fix_list()) {
    auto *twin = dynamic_cast<FixMSM *>(other);
    if (!twin || twin == this || twin->compute_id != compute_id)
      continue;
    twins.push_back(twin);
    taken = taken || twin->last == step;
  }
  if (!taken) {
    if (begins)
      jump->forget_atoms(true);
    if (broken && step > last) {
      /* so that the logs of all fixes tell where the paths end; it takes what is forgotten next */
      flush_log();
      for (auto *twin : twins)
        if (twin->last == last)
          twin->flush_log();
      jump->forget_atoms(false);
    }
  }
  jump->sample();
  last = step;
  njumps = jump->jumps_in_all();
  if (begins)
    open_logs();
  if (broken) {
    std::fill(slot_origin.begin(), slot_origin.end(), -1);
    if (comm->me == 0) {
      jump_event event = {};
      event.kind = JUMP_EVENT_BREAK;
      event.r.step = step;
      breaks.insert(breaks.end(), {step, known});
      add({event});
      utils::logmesg(lmp, "fix msm {}: no samples between steps {} and {}; the paths are broken there\n", id, before,
                     step);
    }
  }
  gather_events(begins || broken);
  if (comm->me == 0) {
    const auto &H = jump->sample_box().H;
    jump_log_sampled(log, H);
    for (int k = 0; k < 9; k++)
      cell_sum[k] += H[k / 3][k % 3];
    ncells++;
  }
  if (plan.spacing > 0)
    sample_msd();
  if (jump_log_flush_due(step, every, flush))
    flush_log();
  agree();
}

void FixMSM::fill_header(jump_log_header *h) const {
  *h = jump_log_header();
  h->timestep = timestep_ps();
  h->every = every;
  h->start = first;
  h->natoms = jump->ntracked;
  h->rule = jump->rule();
  h->framework = !jump->framework_name().empty();
  for (int k = 0; k < 3; k++)
    h->replicate[k] = jump->replicate()[k];
  memcpy(h->cell, jump->sample_box().H, sizeof h->cell);
  h->temperature = temperature;
  h->sites = jump->sites();
}

void FixMSM::open_logs() {
  first = last;
  known = first - 1;
  dt = timestep_ps();
  if (comm->me == 0) {
    jump_log_header header;
    fill_header(&header);
    note(jump_log_create(log_path.c_str(), &header, &log, &failure));
    if (status == LISI_OK && plan.spacing > 0)
      note(msd_log_create((log_path + ".msd").c_str(), dt, every, &msd, &failure));
    if (status == LISI_OK && !lags.empty())
      note(counts_stream_new(site_index_sites(jump->index()), (int)lags.size(), lags.data(), FIRST_BLOCK, BLOCKS,
                             &stream, &failure));
  }
  agree();
}

/* After a restart: the log is cut back to what the restart file vouches for, and counts are rebuilt from it. */
void FixMSM::reopen_logs() {
  if (comm->me == 0) {
    jump_log_header header;
    fill_header(&header);
    const bigint at = jump_log_state_known(log_state.data(), log_state.size());
    note(jump_log_reopen(log_path.c_str(), &header, at, &log, &failure));
    if (status == LISI_OK)
      note(jump_log_restore(log, log_state.data(), log_state.size(), &failure));
    if (status == LISI_OK && plan.spacing > 0)
      note(msd_log_reopen((log_path + ".msd").c_str(), dt, every, last, &msd, &failure));
    if (status == LISI_OK && !lags.empty()) {
      note(counts_stream_new(site_index_sites(jump->index()), (int)lags.size(), lags.data(), FIRST_BLOCK, BLOCKS,
                             &stream, &failure));
      if (status == LISI_OK)
        replay();
    }
    log_state.clear();
  }
  agree();
  restored = false;
  matrix_known = -2; /* one that was asked for before has no counts */
}

void FixMSM::add(const std::vector<jump_event> &events) {
  if (status != LISI_OK)
    return;
  note(jump_log_add(log, events.data(), events.size(), &failure));
  waiting.insert(waiting.end(), events.begin(), events.end());
}

/* Jumps of all ranks, and atoms that are gone, to rank 0. */
void FixMSM::gather_events(bool fresh) {
  std::vector<jump_event> events;
  if (jump->nrecords > 0) {
    const int nprocs = comm->nprocs, nmine = (int)jump->records.size();
    std::vector<int> counts(nprocs, 0), offsets(nprocs, 0);
    MPI_Gather(&nmine, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, world);
    for (int p = 1; p < nprocs; p++)
      offsets[p] = offsets[p - 1] + counts[p - 1];
    std::vector<jump_record> all(comm->me == 0 ? (size_t)jump->nrecords : 1);
    MPI_Datatype type;
    MPI_Type_contiguous((int)sizeof(jump_record), MPI_BYTE, &type);
    MPI_Type_commit(&type);
    MPI_Gatherv(jump->records.data(), nmine, type, all.data(), counts.data(), offsets.data(), type, 0, world);
    MPI_Type_free(&type);
    if (comm->me == 0)
      for (const auto &record : all) {
        jump_event event = {};
        event.kind = JUMP_EVENT_JUMP;
        event.r = record;
        events.push_back(event);
      }
  }
  const bigint stayed = jump->ntracked - jump->nnew;
  if (fresh || jump->nnew > 0 || stayed != natoms_before) {
    std::vector<tagint> mine, now, came;
    for (int i = 0; i < atom->nlocal; i++)
      if (atom->mask[i] & groupbit)
        mine.push_back(atom->tag[i]);
    gather_ids(mine, now);
    gather_ids(jump->newcomers, came);
    if (comm->me == 0) {
      /* gone: no longer there, or another atom has its id */
      if (!fresh)
        for (const tagint atom_id : alive)
          if (!std::binary_search(now.begin(), now.end(), atom_id) ||
              std::binary_search(came.begin(), came.end(), atom_id)) {
            jump_event event = {};
            event.kind = JUMP_EVENT_GONE;
            event.r.step = last;
            event.r.id = atom_id;
            events.push_back(event);
          }
      alive.swap(now);
    }
  }
  natoms_before = jump->ntracked;
  if (comm->me == 0 && !events.empty())
    add(events);
}

/* The ids of all ranks, rising, to rank 0. */
void FixMSM::gather_ids(const std::vector<tagint> &mine, std::vector<tagint> &all) {
  const int nprocs = comm->nprocs, nmine = (int)mine.size();
  std::vector<int> counts(nprocs, 0), offsets(nprocs, 0);
  MPI_Gather(&nmine, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, world);
  for (int p = 1; p < nprocs; p++)
    offsets[p] = offsets[p - 1] + counts[p - 1];
  all.resize((size_t)offsets[nprocs - 1] + (size_t)counts[nprocs - 1]);
  MPI_Gatherv(mine.data(), nmine, MPI_LMP_TAGINT, all.data(), counts.data(), offsets.data(), MPI_LMP_TAGINT, 0, world);
  std::sort(all.begin(), all.end());
}

/* ---- log and counts --------------------------------------------------------------------------------------------- */

void FixMSM::flush_log() {
  const bigint unknown = jump->unknown_from();
  known = std::max(known, unknown > last ? last : unknown - every);
  if (comm->me != 0 || status != LISI_OK)
    return;
  note(jump_log_flush(log, last, unknown, &failure));
  if (msd && status == LISI_OK)
    note(msd_log_flush(msd, &failure));
  if (status == LISI_OK)
    count_until(known);
}

static bool earlier(const jump_event &a, const jump_event &b) {
  if (a.r.step != b.r.step)
    return a.r.step < b.r.step;
  if (a.kind != b.kind)
    return a.kind < b.kind;
  return a.r.id < b.r.id;
}

/* Hands the events up to `step` to the counts, in the order of the log. Without lags they are dropped. */
void FixMSM::count_until(bigint step) {
  std::sort(waiting.begin(), waiting.end(), earlier);
  size_t k = 0;
  for (; k < waiting.size() && waiting[k].r.step <= step && status == LISI_OK; k++) {
    if (!stream)
      continue;
    const jump_record &r = waiting[k].r;
    const long long at = (r.step - first) / every;
    switch (waiting[k].kind) {
    case JUMP_EVENT_GONE:
      note(counts_stream_gone(stream, at, r.id, &failure));
      break;
    case JUMP_EVENT_JUMP:
      note(counts_stream_record(stream, at, r.id, r.from, r.to, r.n, &failure));
      break;
    case JUMP_EVENT_BREAK:
      for (size_t b = 0; b < breaks.size(); b += 2)
        if (breaks[b] == r.step)
          note(counts_stream_until(stream, (breaks[b + 1] - first) / every, &failure));
      counts_stream_break(stream);
      break;
    }
  }
  waiting.erase(waiting.begin(), waiting.begin() + (long)k);
  if (stream && status == LISI_OK && step >= first)
    note(counts_stream_until(stream, (step - first) / every, &failure));
}

/* The counts of what a log holds that is gone on with. */
void FixMSM::replay() {
  jump_log_data data = {};
  note(jump_log_read(log_path.c_str(), &data, &failure));
  if (status != LISI_OK)
    return;
  waiting.insert(waiting.end(), data.event, data.event + data.n);
  const bigint until = data.last;
  jump_log_data_free(&data);
  count_until(until);
}

void FixMSM::write_counts() {
  counts_set set = {};
  const site_set *sites = jump->sites();
  const site_index *index = jump->index();
  const int n = site_index_sites(index);
  note(state_space_new(n, true, &set.space, &failure));
  if (status != LISI_OK)
    return;
  set.space.label = (char(*)[STATE_LABEL])calloc((size_t)n, STATE_LABEL);
  if (!set.space.label)
    note(lisi_no_memory(&failure, (size_t)n * STATE_LABEL));
  for (int s = 0; s < n && status == LISI_OK; s++) {
    site_index_position(index, s + 1, &set.space.x[3 * s]);
    snprintf(set.space.label[s], STATE_LABEL, "%.*s", STATE_LABEL - 1, sites->site[s % sites->nsites].label);
  }
  for (int k = 0; k < 9; k++)
    set.space.cell[k / 3][k % 3] = cell_sum[k] / (double)ncells;
  set.dt = dt * (double)every;
  for (int k = 0; k < 3; k++)
    set.replicate[k] = jump->replicate()[k];
  set.nsites_unit = sites->nsites;
  set.nwalkers = (int)alive.size();
  set.temperature = temperature;
  set.nearest_site = jump->rule().mode == TRACK_NEAREST && jump->rule().dwell == 1;
  std::vector<lag_counts> counts(lags.size());
  for (size_t k = 0; k < lags.size(); k++)
    counts[k] = lag_counts();
  for (size_t k = 0; k < lags.size() && status == LISI_OK; k++)
    note(counts_stream_counts(stream, (int)k, &counts[k], nullptr, &failure));
  set.nlags = (int)lags.size();
  set.lag = counts.data();
  if (status == LISI_OK)
    note(counts_file_write(counts_path.c_str(), &set, &failure));
  for (auto &c : counts)
    lag_counts_free(&c);
  state_space_free(&set.space);
}

double FixMSM::compute_scalar() {
  return last < 0 ? 0.0 : (double)njumps;
}

/* The matrix is as new as the last flush. */
double FixMSM::compute_array(int i, int j) {
  const int n = size_array_rows;
  if (matrix_known != known || matrix.empty()) {
    matrix.assign((size_t)n * (size_t)n, 0.0);
    if (comm->me == 0 && stream) {
      lag_counts counts = {};
      note(counts_stream_counts(stream, 0, &counts, nullptr, &failure));
      for (size_t k = 0; k < counts.total.n; k++) {
        const count_entry &e = counts.total.entry[k];
        matrix[(size_t)e.i * (size_t)n + (size_t)e.j] += e.c;
      }
      lag_counts_free(&counts);
    }
    agree();
    MPI_Bcast(matrix.data(), n * n, MPI_DOUBLE, 0, world);
    matrix_known = known;
  }
  return matrix[(size_t)i * (size_t)n + (size_t)j];
}

void *FixMSM::extract(const char *name, int &dim) {
  dim = 0;
  if (strcmp(name, "compute") == 0)
    return (void *)compute_id.c_str();
  return nullptr;
}
