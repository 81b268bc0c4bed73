/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LAMMPS pair style mlff/lisi: energies, forces and virials of an ACE force field (.yace).
 *
 *     pair_style mlff/lisi
 *     pair_coeff * * Li-Si.yace Li Si        one element of the file, or NULL, per atom type
 *
 * Glue only: the model is read by ace_model.h, evaluated by ace_eval.h; this moves data between them and LAMMPS. */
#ifndef LISI_PAIR_MLFF_LISI_H
#define LISI_PAIR_MLFF_LISI_H

#include "pair.h"

#include <vector>

struct ace_eval;
struct ace_work;

namespace LAMMPS_NS {

class PairMLFFLisi : public Pair {
public:
  PairMLFFLisi(class LAMMPS *);
  ~PairMLFFLisi() override;
  void compute(int, int) override;
  void settings(int, char **) override;
  void coeff(int, char **) override;
  void init_style() override;
  double init_one(int, int) override;
  double memory_usage() override;

private:
  /* A few central atoms with their neighbours, as ace_eval_atoms() takes them: the unit of work of a thread. */
  struct Block {
    std::vector<int> element, first, nelement, i, j;
    std::vector<double> rij, energy, dEdr; /* rij, dEdr: [neighbours][3] */
    int status;
    char message[256];
  };

  struct ace_eval *eval;
  std::vector<struct ace_work *> work; /* [threads] */
  std::vector<Block> blocks;
  std::vector<double> rcut; /* [nelem * nelem], Angstrom */
  int nelem;

  void allocate();
  void require_metal();
  void free_model();
  void read_model(const char *, int, char **);
  void gather(Block &, int, int) const;
  void evaluate(Block &, struct ace_work *) const;
  void scatter(const Block &);
};

} // namespace LAMMPS_NS

#endif
