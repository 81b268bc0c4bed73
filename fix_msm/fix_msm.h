/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix msm: samples compute lijump every N steps, writes the jump log and the mean-square displacement, and counts
 * transitions. Files and counts live on rank 0; the origins of the displacements travel with the atoms. */
#ifdef FIX_CLASS
// clang-format off
FixStyle(msm,FixMSM);
// clang-format on
#else

#ifndef LMP_FIX_MSM_H
#define LMP_FIX_MSM_H

#include "fix.h"

#include "counts_stream.h"
#include "jump_log.h"
#include "msd_log.h"

#include <string>
#include <vector>

namespace LAMMPS_NS {

/* Visible to the library that has it for KOKKOS (common/host_exchange_kokkos.h). */
class __attribute__((visibility("default"))) FixMSM : public Fix {
public:
  FixMSM(class LAMMPS *, int, char **);
  ~FixMSM() override;
  int setmask() override;
  void init() override;
  void setup(int) override;
  void end_of_step() override;
  void post_run() override;
  void reset_dt() override;
  double compute_scalar() override;
  double compute_array(int, int) override;
  void *extract(const char *, int &) override;

  void write_restart(FILE *) override;
  void restart(char *) override;
  void grow_arrays(int) override;
  void copy_arrays(int, int, int) override;
  void set_arrays(int) override;
  int pack_exchange(int, double *) override;
  int unpack_exchange(int, double *) override;
  int pack_restart(int, double *) override;
  void unpack_restart(int, int) override;
  int size_restart(int) override;
  int maxsize_restart() override;
  double memory_usage() override;

private:
  std::string compute_id, log_path, counts_path;
  bigint every, flush;
  std::vector<long long> lags;
  msd_plan plan;
  double temperature;
  class ComputeLiJump *jump;
  int nsites; /* of the compute when the fix was defined */

  /* Known to all ranks. */
  bigint first, last;              /* steps of the first and the last sample; last = -1: none yet */
  bigint known;                    /* what the log vouches for */
  double dt;                       /* of the samples */
  bigint njumps;                   /* until the last sample; the compute may be gone between runs */
  bigint natoms_before;            /* tracked at the last sample */
  bool restored;                   /* from a restart file, and the log is not open yet */
  std::vector<bigint> slot_origin; /* step of the MSD origin in each slot; -1: none */
  int ncols;                       /* doubles per atom: 3 per slot */
  double **origins;                /* [nmax][ncols], Angstrom; NaN: the atom was not there */

  /* Rank 0. */
  jump_log *log;
  msd_log *msd;
  counts_stream *stream;
  std::vector<jump_event> waiting; /* not yet counted: known is earlier */
  std::vector<bigint> breaks;      /* pairs: step of the break, last known step before it */
  std::vector<tagint> alive;       /* ids at the last sample, rising */
  double cell_sum[9];
  bigint ncells;
  std::vector<char> log_state; /* from the restart file */

  std::vector<double> matrix; /* counts at the first lag, all ranks */
  bigint matrix_known;

  std::vector<std::string> outputs() const;
  void refuse_shared_files();
  void sample();
  void open_logs();
  void reopen_logs();
  void gather_events(bool broken);
  void gather_ids(const std::vector<tagint> &, std::vector<tagint> &);
  void flush_log();
  void count_until(bigint);
  void replay();
  void write_counts();
  void sample_msd();
  void fill_header(jump_log_header *) const;
  void add(const std::vector<jump_event> &);
  double timestep_ps() const;

  lisi_status status; /* first failure on rank 0 since the last agree() */
  lisi_error failure;
  void note(lisi_status);
  void agree();
};

} // namespace LAMMPS_NS

#endif
#endif
