/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LAMMPS pair style mlff/lisi: energies, forces and virials of an ACE force field (.yace).
 *
 *     pair_style mlff/lisi
 *     pair_coeff * * Li-Si.yace Li Si        one element of the file, or NULL, per atom type
 *
 * `fix pair` finds the extrapolation grade under the name gamma (trigger gamma_flag).
 *
 * Glue only: the model is read by ace_model.h, evaluated by ace_eval.h, graded by ace_gamma.h; this moves data between
 * them and LAMMPS. */
#ifndef LISI_PAIR_MLFF_LISI_H
#define LISI_PAIR_MLFF_LISI_H

#include "ace_model.h"

#include "pair.h"

#include <string>
#include <vector>

struct ace_eval;
struct ace_gamma;
struct ace_gamma_work;
struct ace_work;

namespace LAMMPS_NS {

/* Visible to the library that holds mlff/lisi/kk (pair_mlff_lisi_kokkos.h). */
class __attribute__((visibility("default"))) PairMLFFLisi : public Pair {
public:
  PairMLFFLisi(class LAMMPS *);
  ~PairMLFFLisi() override;
  void compute(int, int) override;
  void settings(int, char **) override;
  void coeff(int, char **) override;
  void init_style() override;
  double init_one(int, int) override;
  void *extract(const char *, int &) override;
  void *extract_peratom(const char *, int &) override;
  double memory_usage() override;

protected:
  struct ace_eval *eval;
  int nelem;
  ace_model *model; /* kept for the radial functions and the name of the sidecar, which gamma needs */

  struct ace_gamma *gamma;        /* nullptr until somebody asks for it */
  std::vector<double> gamma_atom; /* [nmax] */
  int gamma_flag;                 /* set by fix pair before the steps on which it wants gamma */
  bool gamma_stale;               /* forces were computed after gamma_atom */

  void require_metal();
  bool all_ok(lisi_status, lisi_error &);
  void load_gamma();
  virtual void compute_gamma();

private:
  /* A few central atoms with their neighbours, as ace_eval_atoms() takes them: the unit of work of a thread. */
  struct Block {
    int natoms = 0;
    std::vector<int> i, element, first; /* [natoms], first: [natoms + 1]; arrays may be longer than what is used */
    std::vector<int> j, nelement;       /* [first[natoms]] */
    std::vector<double> rij, dEdr;      /* [first[natoms]][3] */
    std::vector<double> energy, gamma;  /* [natoms] */
    int status = 0;                     /* not LISI_OK: what happened near atom `tag` */
    tagint tag = 0;
    char message[256] = "";
    void resize(size_t, size_t);
  };

  std::vector<struct ace_work *> work; /* [threads] */
  std::vector<Block> blocks;           /* those that are being worked on */
  std::vector<int> sorted;             /* central atoms by element */
  std::vector<double> rcut, rcut2;     /* [nelem * nelem], Angstrom and its square */
  std::string file;                    /* where the model was found; what pair_coeff says on ranks other than 0 */
  std::vector<struct ace_gamma_work *> gamma_work; /* [threads] */

  void allocate();
  void free_model();
  void read_model(const char *, int, char **);
  char *read_bytes(const char *, size_t &, const char *);
  void free_gamma();
  void sort_atoms();
  void gather(Block &, int, int) const;
  template <class Evaluate, class Finish> void for_blocks(Evaluate, Finish);
  void evaluate(Block &, int) const;
  void grade(Block &, int) const;
  void scatter(const Block &);
};

} // namespace LAMMPS_NS

#endif
