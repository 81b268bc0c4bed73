/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compute lijump: the site of each atom of a group, told by a site file, and the jumps between sites.
 * The state of the atoms is kept by a hidden fix that the compute makes, so that it travels with the atoms from rank to
 * rank and into restart files. It advances only through sample(); everything else reports. */
#ifdef COMPUTE_CLASS
// clang-format off
ComputeStyle(lijump,ComputeLiJump);
// clang-format on
#else

#ifndef LMP_COMPUTE_LIJUMP_H
#define LMP_COMPUTE_LIJUMP_H

#include "compute.h"
#include "fix.h"

#include "lattice.h"
#include "site_index.h"
#include "sites.h"
#include "tracker.h"

#include <string>
#include <vector>

namespace LAMMPS_NS {

/* Holds the state of compute lijump: a track per atom, and what all atoms share. Visible to the library that has it for
 * KOKKOS (common/host_exchange_kokkos.h). */
class __attribute__((visibility("default"))) FixLiJumpState : public Fix {
public:
  FixLiJumpState(class LAMMPS *, int, char **);
  ~FixLiJumpState() override;
  int setmask() override { return 0; }
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

  struct AtomState {
    atom_track track;
    int last_site; /* the last site it was in; a jump through "no site" is told by it */
    tagint id;     /* at the last sample; renumbered atoms are told by it */
  };
  AtomState *atoms; /* [nmax] */

  enum { DOUBLES = ATOM_TRACK_DOUBLES + 2 }; /* of an atom */

  struct Shared {
    bigint last;      /* step of the last sample; -1: none yet */
    bigint njumps;    /* in all */
    bool drift_known; /* false before the first sample */
    double drift[3];  /* of the framework, in fractions of the box */
    double H[3][3];   /* box of the last sample, flips undone */
  } shared;
  bool goes_on() const { return restarted && shared.last >= 0 && fingerprint.size() > 4; }
  void forget(); /* as if nothing had been sampled */

  std::vector<double> fingerprint; /* of sites and rule: set by the compute, kept in the restart file */
  bool restarted;                  /* state came from a restart file; fingerprint is that of the file */
};

class ComputeLiJump : public Compute {
public:
  ComputeLiJump(class LAMMPS *, int, char **);
  ~ComputeLiJump() override;
  void init() override;
  void compute_peratom() override;
  void compute_vector() override;
  double memory_usage() override;

  /* ---- for fix msm ---- */
  /* Advances the state to the present step; all ranks call it. Does nothing when this step has been sampled. Afterwards
   * records holds the jumps established at this sample by atoms of this rank, and the counts below those of all ranks.
   */
  void sample();
  /* The next sample starts anew: every atom gets a first site again. The drift of the framework is kept unless `all`.
   */
  void forget_atoms(bool all);
  bigint last_sample() const { return state->shared.last; }
  bigint jumps_in_all() const { return state->shared.njumps; }
  /* The first step of which something is still unknown (dwell); over all ranks. */
  bigint unknown_from();
  bool restored() const { return state_restored; }
  /* Fractional position, unwrapped, drift taken off, of local atom i at the present sample. */
  void position(int i, double p[3]) const;

  std::vector<jump_record> records;
  std::vector<tagint> newcomers; /* atoms of this rank that were sampled for the first time */
  bigint nrecords;               /* of all ranks */
  bigint ntracked;               /* atoms sampled, all ranks */
  bigint nnew;                   /* of these, sampled for the first time */

  const lattice &sample_box() const { return box; }
  const site_set *sites() const { return set; }
  const site_index *index() const { return site_idx; }
  const int *replicate() const { return repl; }
  const tracker_rule &rule() const { return track_rule; }
  const std::string &site_file() const { return sites_name; }
  const std::string &framework_name() const { return frame_group; }

private:
  site_set *set;
  site_index *site_idx, *frame_idx;
  tracker_rule track_rule;
  int given[3]; /* replicate, as the user says; 0: to be found */
  int repl[3];
  std::string frame_group, state_id, sites_name;
  int framebit;
  FixLiJumpState *state;
  bool state_restored;

  lattice box;         /* of the present evaluation, flips undone */
  lattice raw;         /* the box as LAMMPS has it */
  bool flipped;        /* the two differ; then */
  int unflip[3][3];    /* fractions of box = fractions of raw . unflip */
  bool begins_flipped; /* the first box is a flip of first_H, which fits the site file */
  double first_H[3][3];
  double drift[3]; /* of the present evaluation */

  int nmax;
  double **rows;     /* per-atom output */
  bigint evaluated;  /* step for which rows and vector stand; -1: none */
  bigint counts[4];  /* in a site, in none, crowded sites, empty sites */
  bigint jumps_seen; /* njumps at the previous evaluation of the vector */

  void read_sites(const std::string &);
  void read_box();
  void take_box();
  void take_first_box();
  void find_drift(double *, bool &);
  void start_drift(double *);
  bool undo_flip();
  void check_box();
  void unwrapped(int i, double f[3]) const;
  bool has_sampler() const;
  void evaluate();
  void require(lisi_status, const lisi_error &) const;
};

} // namespace LAMMPS_NS

#endif
#endif
