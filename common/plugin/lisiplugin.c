/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What LAMMPS loads. C++ has no stable binary interface: a plugin that was built with the headers of another LAMMPS, or
 * for another MPI library, either fails to load with a message that says nothing or, worse, loads and computes
 * nonsense. So this file holds no LAMMPS C++ symbol and no MPI call, and loads anywhere. It asks LAMMPS' C library
 * interface who it is; when that differs from what lisi was built for it says how and registers nothing, otherwise it
 * loads liblisi_lammps.so, which lies beside it and holds the styles, and then, where LAMMPS has the package KOKKOS,
 * liblisi_kokkos.so with those that run through Kokkos. */
#include <dlfcn.h>
#include <mpi.h> /* for the macros that tell the MPI library lisi was built with */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISI_LIBRARY "liblisi_lammps.so"
#define LISI_KOKKOS_LIBRARY "liblisi_kokkos.so"
#define EXPORT __attribute__((visibility("default")))

#if defined(LAMMPS_BIGBIG)
enum { BUILT_TAGINT = 8, BUILT_BIGINT = 8, BUILT_IMAGEINT = 8 };
#elif defined(LAMMPS_SMALLSMALL)
enum { BUILT_TAGINT = 4, BUILT_BIGINT = 4, BUILT_IMAGEINT = 4 };
#else
enum { BUILT_TAGINT = 4, BUILT_BIGINT = 8, BUILT_IMAGEINT = 4 };
#endif

#if defined(OPEN_MPI)
static const char built_mpi[] = "Open MPI";
#elif defined(MPICH_VERSION) || defined(MPICH_NAME) || defined(I_MPI_VERSION)
static const char built_mpi[] = "MPICH";
#elif defined(MPI_STUBS) || defined(LMP_MPI_STUBS)
static const char built_mpi[] = "no MPI";
#else
static const char built_mpi[] = "an unknown MPI";
#endif

typedef int version_fn(void *);
typedef int setting_fn(void *, const char *);
typedef int flag_fn(void);
typedef int mpi_library_fn(char *, int *);
typedef void init_fn(void *, void *, void *);
typedef int package_fn(const char *);
typedef int accelerator_fn(const char *, const char *, const char *);

/* ISO C has no cast from void * to a function pointer; POSIX promises that the bits are the same. */
#define LOOK_UP(handle, name, pointer)                                                                                 \
  do {                                                                                                                 \
    void *symbol_ = dlsym(handle, name);                                                                               \
    memcpy(&(pointer), &symbol_, sizeof symbol_);                                                                      \
  } while (0)

/* Libraries that share MPICH's binary interface count as MPICH. */
static const char *running_mpi(char *text, size_t size) {
  flag_fn *has_mpi = NULL;
  mpi_library_fn *library_version = NULL;
  char buffer[8192] = ""; /* as large as any library's MPI_MAX_LIBRARY_VERSION_STRING */
  int length = 0;

  LOOK_UP(RTLD_DEFAULT, "lammps_config_has_mpi_support", has_mpi);
  if (has_mpi && !has_mpi()) {
    snprintf(text, size, "no MPI");
    return "no MPI";
  }
  LOOK_UP(RTLD_DEFAULT, "MPI_Get_library_version", library_version);
  if (!library_version || library_version(buffer, &length) != 0) {
    snprintf(text, size, "an unknown MPI");
    return "an unknown MPI";
  }
  buffer[sizeof buffer - 1] = '\0';
  snprintf(text, size, "%.*s", (int)strcspn(buffer, ",\n"), buffer);
  if (strstr(buffer, "Open MPI"))
    return "Open MPI";
  if (strstr(buffer, "MPICH") || strstr(buffer, "Intel(R) MPI") || strstr(buffer, "MVAPICH") ||
      strstr(buffer, "CRAY MPI"))
    return "MPICH";
  return "an unknown MPI";
}

static void date_text(int number, char *text, size_t size) {
  static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const int month = number / 100 % 100;

  if (month < 1 || month > 12)
    snprintf(text, size, "%d", number);
  else
    snprintf(text, size, "%d %s %d", number % 100, months[month - 1], number / 10000);
}

/* Compares the running LAMMPS with the one lisi was built for and writes a line for each difference. Returns how many.
 */
static int differences(void *lmp, version_fn *version, setting_fn *setting, char *text, size_t size) {
  static const struct {
    const char *name;
    int built;
  } sizes[] = {{"tagint", BUILT_TAGINT}, {"bigint", BUILT_BIGINT}, {"imageint", BUILT_IMAGEINT}};
  int count = 0;
  size_t used = 0;
  char found[256];
  const int number = version(lmp);

#define DIFFERENCE(...)                                                                                                \
  do {                                                                                                                 \
    const int n_ = snprintf(text + used, size - used, __VA_ARGS__);                                                    \
    if (n_ > 0)                                                                                                        \
      used = used + (size_t)n_ < size ? used + (size_t)n_ : size - 1;                                                  \
    count++;                                                                                                           \
  } while (0)

  if (number != LISI_LAMMPS_VERSION) {
    date_text(number, found, sizeof found);
    DIFFERENCE("  version: built for LAMMPS %s, this is LAMMPS %s\n", LISI_LAMMPS_VERSION_TEXT, found);
  }
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    const int bytes = setting(lmp, sizes[i].name);
    if (bytes != sizes[i].built)
      DIFFERENCE("  integer sizes: built for %s of %d bytes (LAMMPS_SIZES=%s), this LAMMPS has %d bytes\n",
                 sizes[i].name, sizes[i].built, LISI_LAMMPS_SIZES, bytes);
  }
  const char *family = running_mpi(found, sizeof found);
  if (strcmp(family, built_mpi) != 0)
    DIFFERENCE("  MPI: built for %s, this LAMMPS runs with %s\n", built_mpi, found);
#undef DIFFERENCE
  return count;
}

EXPORT void lammpsplugin_init(void *lmp, void *handle, void *regfunc);

/* Loads a library that lies beside this one and has it register its styles. Returns false, with the reason, where that
 * fails. */
static int load(const char *file, const char *function, void *lmp, void *handle, void *regfunc, char *why,
                size_t size) {
  Dl_info self;
  void *here = NULL;
  void (*me)(void *, void *, void *) = lammpsplugin_init;
  memcpy(&here, &me, sizeof here);
  if (!dladdr(here, &self) || !self.dli_fname) {
    snprintf(why, size, "%s: its place cannot be found", file);
    return 0;
  }
  const char *slash = strrchr(self.dli_fname, '/');
  const size_t folder = slash ? (size_t)(slash - self.dli_fname) + 1 : 0;
  char *path = malloc(folder + strlen(file) + 1);
  if (!path) {
    snprintf(why, size, "%s: no memory", file);
    return 0;
  }
  memcpy(path, self.dli_fname, folder);
  strcpy(path + folder, file);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  init_fn *init = NULL;
  if (library)
    LOOK_UP(library, function, init);
  if (!init) {
    const char *text = dlerror();
    snprintf(why, size, "%s: %s", path, text ? text : "unknown error");
  }
  free(path);
  if (init)
    init(lmp, handle, regfunc);
  return init != NULL;
}

/* The styles with the suffix /kk, where the running LAMMPS has the package KOKKOS. Without them everything else works,
 * so a failure is told where Kokkos is in use (-kokkos on) and is no reason to stop. */
static void load_kokkos(void *lmp, setting_fn *setting, void *handle, void *regfunc, int root) {
  static const char *const apis[] = {"serial", "openmp", "pthreads", "cuda", "hip", "sycl"};
  static const char built[] = LISI_KOKKOS_API; /* separated by commas */
  package_fn *has_package = NULL;
  accelerator_fn *has = NULL;
  char running[64] = "", why[2048] = "";
  int differ = 0;

  LOOK_UP(RTLD_DEFAULT, "lammps_config_has_package", has_package);
  LOOK_UP(RTLD_DEFAULT, "lammps_config_accelerator", has);
  if (!has_package || !has || !has_package("KOKKOS"))
    return;
  for (size_t i = 0; i < sizeof apis / sizeof *apis; i++) {
    char list[sizeof built + 2], item[16];
    snprintf(list, sizeof list, ",%s,", built);
    snprintf(item, sizeof item, ",%s,", apis[i]);
    const int is = has("KOKKOS", "api", apis[i]) != 0;
    differ += is != (strstr(list, item) != NULL);
    if (is)
      snprintf(running + strlen(running), sizeof running - strlen(running), "%s%s", running[0] ? "," : "", apis[i]);
  }
  if (!built[0])
    snprintf(why, sizeof why, "lisi was built without it (-DLISI_KOKKOS=ON -DLAMMPS_BUILD_DIR=...)");
  else if (differ)
    snprintf(why, sizeof why, "it was built for Kokkos with the backends %s, this LAMMPS has %s", built, running);
  else if (load(LISI_KOKKOS_LIBRARY, "lisi_kokkos_init", lmp, handle, regfunc, why, sizeof why))
    return;
  if (strstr(why, "undefined symbol"))
    snprintf(
        why + strlen(why), sizeof why - strlen(why),
        "\n  This LAMMPS does not give its Kokkos to plugins: it was linked statically or hides its symbols, or has "
        "another Kokkos than lisi was built for; build LAMMPS with -DBUILD_SHARED_LIBS=ON, then lisi for it");
  if (root && setting(lmp, "kokkos_active") > 0) {
    fprintf(stderr, "lisi plugin %s: pair_style mlff/lisi/kk is not available, mlff/lisi runs on the host: %s\n",
            LISI_VERSION, why);
    fflush(stderr);
  }
}

/* LAMMPS calls this on `plugin load`, and on start for each *plugin.so in LAMMPS_PLUGIN_PATH; then `lmp` is a LAMMPS
 * that is still being constructed. */
EXPORT void lammpsplugin_init(void *lmp, void *handle, void *regfunc) {
  version_fn *version = NULL;
  setting_fn *setting = NULL;
  char text[2048] = "";

  LOOK_UP(RTLD_DEFAULT, "lammps_version", version);
  LOOK_UP(RTLD_DEFAULT, "lammps_extract_setting", setting);
  if (!version || !setting) {
    fprintf(stderr,
            "lisi plugin %s: not loaded: this program does not export the C library interface of LAMMPS "
            "(lammps_version), so its version cannot be checked; lisi was built for LAMMPS %s\n",
            LISI_VERSION, LISI_LAMMPS_VERSION_TEXT);
    return;
  }
  const int root = setting(lmp, "world_rank") <= 0;

  if (differences(lmp, version, setting, text, sizeof text) != 0) {
    if (root) {
      fprintf(
          stderr,
          "lisi plugin %s: not loaded, its styles are not available: it was built for another LAMMPS\n%s"
          "  Build lisi for this one: LAMMPS_SOURCE_DIR=/path/to/this/lammps/src LMP=/path/to/lmp ./setup.sh build\n",
          LISI_VERSION, text);
      fflush(stderr);
    }
    return;
  }

  if (!load(LISI_LIBRARY, "lisi_lammps_init", lmp, handle, regfunc, text, sizeof text)) {
    if (root)
      fprintf(stderr, "lisi plugin %s: not loaded: %s\n", LISI_VERSION, text);
    return;
  }
  load_kokkos(lmp, setting, handle, regfunc, root);
}
