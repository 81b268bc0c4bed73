/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See the header. */
#include "fuzz_jumps.h"

#include "count_matrix.h"
#include "counts_file.h"
#include "dump_reader.h"
#include "jump_log.h"
#include "jump_stats.h"
#include "jump_strings.h"
#include "msd_log.h"
#include "network.h"
#include "sites.h"
#include "structure_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void promise(int kept) {
  if (!kept)
    abort();
}

static lisi_status read_dump(const char *path, lisi_error *err) {
  dump_reader *reader = NULL;
  lisi_status status = dump_reader_open(1, &path, 0, NULL, &reader, err);
  dump_frame *frame = NULL;
  do {
    if (status == LISI_OK)
      status = dump_reader_next(reader, &frame, err);
    for (int k = 1; status == LISI_OK && frame != NULL && k < frame->natoms; k++)
      promise(frame->id[k] > frame->id[k - 1]);
  } while (status == LISI_OK && frame != NULL);
  while (reader != NULL && dump_reader_warning(reader) != NULL)
    continue;
  dump_reader_close(reader);
  return status;
}

/* What lisi-msm jumps makes of a log that can be read. Large boxes are left out: they only take time. */
static void statistics(const char *path) {
  lisi_error err = {0};
  path_set paths = {0};
  jump_list list = {0};
  jump_stats stats = {0};
  string_result strings;
  if (paths_from_jump_logs(1, &path, &paths, &err) != LISI_OK)
    return;
  const jump_stats_options options = {.recross = 3, .shell = 0.1, .blocks = 5};
  if (jump_list_make(&paths, &list, &err) == LISI_OK) {
    if (jump_stats_make(&paths, &list, ORBIT_LABEL, &options, &stats, &err) == LISI_OK) {
      double jumps = 0.0;
      for (int k = 0; k < stats.nclasses; k++)
        jumps += stats.class[k].jumps;
      promise(jumps == (double)list.njumps && stats.njumps == jumps);
      jump_stats_free(&stats);
    }
    if (jump_strings_find(&paths, &list, NULL, 2, 1, 1, NULL, &strings, &err) == LISI_OK) {
      double jumps = 0.0;
      for (int k = 0; k < STRING_LENGTHS; k++)
        jumps += strings.found.jumps[k];
      promise(jumps == (double)list.njumps);
    }
    jump_list_free(&list);
  }
  path_set_free(&paths);
}

static lisi_status read_log(const char *path, lisi_error *err) {
  jump_log_data data = {0};
  const lisi_status status = jump_log_read(path, &data, err);
  for (size_t k = 1; status == LISI_OK && k < data.n; k++)
    promise(data.event[k].r.step >= data.event[k - 1].r.step);
  const int *n = data.header.replicate;
  const bool small = status == LISI_OK && (double)n[0] * n[1] * n[2] * data.sites->nsites < 2000.0;
  if (status == LISI_OK)
    jump_log_data_free(&data);
  if (small)
    statistics(path);
  return status;
}

static lisi_status read_as(char kind, const char *path, lisi_error *err) {
  lisi_status status;
  switch (kind) {
  case 'd':
    return read_dump(path, err);
  case 's': {
    site_set *set = NULL;
    status = site_set_load(path, &set, err);
    promise((status == LISI_OK) == (set != NULL));
    site_set_free(set);
    return status;
  }
  case 't': {
    crystal structure = {0};
    status = structure_load(path, "Li", 0, NULL, &structure, err);
    for (int k = 0; k < structure.natoms; k++)
      for (int m = 0; m < 3; m++)
        promise(structure.atom[k].frac[m] >= 0.0 && structure.atom[k].frac[m] < 1.0);
    promise((status == LISI_OK) == (structure.natoms > 0));
    crystal_free(&structure);
    return status;
  }
  case 'j':
    return read_log(path, err);
  case 'm': {
    int n = 0;
    msd_point *point = NULL;
    status = msd_log_read(path, &n, &point, err);
    free(point);
    return status;
  }
  case 'c': {
    counts_set set = {0};
    status = counts_file_read(path, &set, err);
    if (status == LISI_OK)
      counts_set_free(&set);
    return status;
  }
  case 'n': {
    network net = {0};
    status = network_load(path, &net, err);
    if (status == LISI_OK)
      network_free(&net);
    return status;
  }
  default: {
    lag_counts counts = {0};
    state_space space = {0};
    status = count_matrix_load(path, &counts, &space, err);
    if (status == LISI_OK) {
      lag_counts_free(&counts);
      state_space_free(&space);
    }
    return status;
  }
  }
}

lisi_status fuzz_jumps(const uint8_t *bytes, size_t size) {
  if (size == 0)
    return LISI_ERR_INPUT;
  const int file = memfd_create("fuzz", 0);
  char path[40];
  promise(file >= 0 && write(file, bytes + 1, size - 1) == (ssize_t)(size - 1));
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  lisi_error err = {0};
  const lisi_status status = read_as((char)bytes[0], path, &err);
  close(file);
  promise(status == LISI_OK || (status == err.status && strlen(err.message) > 10));
  promise(status != LISI_ERR_INTERNAL);
  return status;
}

#if defined(LISI_FUZZER)
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  (void)fuzz_jumps(bytes, size);
  return 0;
}
#endif
