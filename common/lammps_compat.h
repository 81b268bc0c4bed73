/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between the LAMMPS versions that lisi supports, 2 Aug 2023 to 4 Jul 2026, in one place. Glue code
 * includes this instead of asking for a version. LISI_LAMMPS_VERSION is the number that lammps_version() gives
 * (20250204); CMake derives it from version.h, where it is text. */
#ifndef LISI_LAMMPS_COMPAT_H
#define LISI_LAMMPS_COMPAT_H

#include "domain.h"
#include "error.h"
#include "lmptype.h"

#ifndef LISI_LAMMPS_VERSION
#error "LISI_LAMMPS_VERSION is not set; build with the CMakeLists.txt of lisi"
#endif

#if LISI_LAMMPS_VERSION < 20230802
#error "lisi needs LAMMPS 2 Aug 2023 or newer"
#endif

namespace LisiCompat {

/* The types that Fix::dof() and Compute's fix_dof have. */
#if LISI_LAMMPS_VERSION >= 20240627
typedef LAMMPS_NS::bigint fix_dof_t;
typedef double compute_fix_dof_t;
#else
typedef int fix_dof_t;
typedef int compute_fix_dof_t;
#endif

/* error->all() without the last input line in the message: for errors that come up during a run, far from the line
 * that LAMMPS would show. Error::NOLASTLINE came after 27 Jun 2024. */
template <typename... Args>
[[noreturn]] void error_all(LAMMPS_NS::Error *error, const char *file, int line, Args &&...args) {
#if LISI_LAMMPS_VERSION > 20240627
  error->all(file, line, LAMMPS_NS::Error::NOLASTLINE, args...);
#else
  error->all(file, line, args...);
#endif
}

/* The shortest periodic image of a difference vector. Newer versions want to know who asks; which one this is, the
 * compiler finds out by itself. */
template <class D> auto minimum_image(D *domain, double *delta, int) -> decltype(domain->minimum_image(FLERR, delta)) {
  domain->minimum_image(FLERR, delta);
}
template <class D> void minimum_image(D *domain, double *delta, long) {
  domain->minimum_image(delta);
}
template <class D> void minimum_image(D *domain, double *delta) {
  minimum_image(domain, delta, 0);
}

} // namespace LisiCompat

#endif
