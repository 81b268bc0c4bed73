/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "msd_log.h"

#include "line_reader.h"
#include "number_read.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_BLOCKS = 10, HEADER = 128 };
static const int64_t max_step = (int64_t)1 << 60; /* sums of a few steps fit */

bool msd_is_origin(const msd_plan *plan, int64_t sample) {
  return plan->spacing > 0 && sample % plan->spacing == 0;
}

int msd_slot(const msd_plan *plan, int64_t origin_sample) {
  return (int)((origin_sample / plan->spacing) % plan->norigins);
}

bool msd_is_lag(const msd_plan *plan, int64_t lag) {
  if (lag < 1 || lag >= plan->spacing * plan->norigins)
    return false;
  if (lag <= 10)
    return true;
  /* On the grid when it is the rounded 10^(k/10) for the k next to it. */
  const double k = rint(10.0 * log10((double)lag));
  return (int64_t)rint(pow(10.0, 0.1 * k)) == lag;
}

struct msd_log {
  char *path;
  FILE *stream;
};

static void print_header(char text[HEADER], double timestep, int64_t every) {
  (void)snprintf(text, HEADER, "lisi-msd 1\ntimestep %.17g\nevery %" PRId64 "\ndata\n", timestep, every);
}

static lisi_status open_log(const char *path, const char *mode, msd_log **out, lisi_error *err) {
  *out = NULL;
  msd_log *log = calloc(1, sizeof *log);
  if (log != NULL)
    log->path = malloc(strlen(path) + 1);
  if (log == NULL || log->path == NULL) {
    free(log);
    return lisi_no_memory(err, sizeof *log);
  }
  strcpy(log->path, path);
  log->stream = fopen(path, mode);
  if (log->stream == NULL) {
    const lisi_status status = lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be written: %s", path, strerror(errno));
    free(log->path);
    free(log);
    return status;
  }
  *out = log;
  return LISI_OK;
}

lisi_status msd_log_create(const char *path, double timestep, int64_t every, msd_log **out, lisi_error *err) {
  lisi_status status = open_log(path, "w", out, err);
  if (status != LISI_OK)
    return status;
  char header[HEADER];
  print_header(header, timestep, every);
  (void)fputs(header, (*out)->stream);
  status = msd_log_flush(*out, err);
  if (status != LISI_OK) {
    lisi_error second = {0}; /* the first failure is the one to tell */
    const lisi_status closed = msd_log_close(*out, &second);
    (void)closed;
    *out = NULL;
  }
  return status;
}

/* A line of the file; false when it is none (a header line or half a line). */
static bool parse_line(const char *line, int64_t head[3], double tensor[6]) {
  for (int k = 0; k < 9; k++) {
    line += strspn(line, " ");
    const int length = (int)strcspn(line, " ");
    if (!(k < 3 ? number_read_int64(line, length, &head[k]) : number_read_double(line, length, &tensor[k - 3])))
      return false;
    line += length;
  }
  return *line == '\0' && head[0] >= 0 && head[0] <= max_step && head[1] > 0 && head[1] <= max_step && head[2] > 0;
}

lisi_status msd_log_reopen(const char *path, double timestep, int64_t every, int64_t step, msd_log **out,
                           lisi_error *err) {
  *out = NULL;
  FILE *old = fopen(path, "r");
  if (old == NULL && errno == ENOENT)
    return msd_log_create(path, timestep, every, out, err);
  if (old == NULL)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
  char header[HEADER], found[HEADER] = {0};
  print_header(header, timestep, every);
  const size_t size = strlen(header);
  lisi_status status = LISI_OK;
  if (fread(found, 1, size, old) != size || memcmp(header, found, size) != 0)
    status = lisi_fail(err, LISI_ERR_INPUT,
                       "%s: expected an MSD log of this run (lisi-msd 1, timestep %g, every %" PRId64 ") to go on with",
                       path, timestep, every);
  char *line = NULL;
  size_t capacity = 0;
  int64_t end = (int64_t)size;
  ssize_t n;
  for (long number = 5; status == LISI_OK && (n = getline(&line, &capacity, old)) > 0 && line[n - 1] == '\n';
       number++) {
    int64_t head[3];
    double tensor[6];
    line[n - 1] = '\0';
    if (!parse_line(line, head, tensor))
      status = lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected 'origin lag atoms xx yy zz xy xz yz', found '%.80s'",
                         path, number, line);
    else if (head[0] + head[1] > step)
      break;
    end += n;
  }
  free(line);
  (void)fclose(old);
  if (status != LISI_OK)
    return status;
  if (truncate(path, (off_t)end) != 0)
    return lisi_fail(err, LISI_ERR_IO, "%s: cannot be cut back to step %" PRId64 ": %s", path, step, strerror(errno));
  return open_log(path, "a", out, err);
}

lisi_status msd_log_line(msd_log *log, int64_t origin_step, int64_t lag_steps, int64_t natoms, const double sum[6],
                         lisi_error *err) {
  if (natoms < 1)
    return LISI_OK;
  errno = 0;
  (void)fprintf(log->stream, "%" PRId64 " %" PRId64 " %" PRId64, origin_step, lag_steps, natoms);
  for (int k = 0; k < 6; k++)
    (void)fprintf(log->stream, " %.10g", sum[k] / (double)natoms);
  (void)fputc('\n', log->stream);
  return ferror(log->stream) ? lisi_fail(err, LISI_ERR_IO, "%s: writing failed: %s", log->path, strerror(errno))
                             : LISI_OK;
}

lisi_status msd_log_flush(msd_log *log, lisi_error *err) {
  errno = 0;
  if (fflush(log->stream) != 0 || ferror(log->stream))
    return lisi_fail(err, LISI_ERR_IO, "%s: writing failed: %s", log->path, strerror(errno != 0 ? errno : EIO));
  return LISI_OK;
}

lisi_status msd_log_close(msd_log *log, lisi_error *err) {
  if (log == NULL)
    return LISI_OK;
  lisi_status status = msd_log_flush(log, err);
  if (fclose(log->stream) != 0 && status == LISI_OK)
    status = lisi_fail(err, LISI_ERR_IO, "%s: writing failed: %s", log->path, strerror(errno));
  free(log->path);
  free(log);
  return status;
}

/* ---- reading
 * --------------------------------------------------------------------------------------------------------------------------------------------
 */

typedef struct {
  int64_t origin, lag;
  double tensor[6];
} sample;

static int compare_samples(const void *a, const void *b) {
  const sample *x = a, *y = b;
  if (x->lag != y->lag)
    return x->lag < y->lag ? -1 : 1;
  return (x->origin > y->origin) - (x->origin < y->origin);
}

/* The mean over origins, and its error from blocks of consecutive origins. A block spans at least two lags of time, so
 * that neighbours share little. */
static void average(const sample *s, size_t n, double timestep, msd_point *point) {
  memset(point, 0, sizeof *point);
  point->lag = (double)s[0].lag * timestep;
  point->norigins = (int)n;
  for (size_t k = 0; k < n; k++)
    for (int m = 0; m < 6; m++)
      point->tensor[m] += s[k].tensor[m] / (double)n;
  point->msd = point->tensor[0] + point->tensor[1] + point->tensor[2];
  const double span = (double)(s[n - 1].origin - s[0].origin + s[0].lag);
  size_t blocks = (size_t)(span / (2.0 * (double)s[0].lag));
  if (blocks > MAX_BLOCKS)
    blocks = MAX_BLOCKS;
  if (blocks > n)
    blocks = n;
  if (blocks < 2)
    return;
  point->nblocks = (int)blocks;
  double mean = 0.0, square = 0.0;
  for (size_t b = 0; b < blocks; b++) {
    const size_t first = b * n / blocks, last = (b + 1) * n / blocks;
    double sum = 0.0;
    for (size_t k = first; k < last; k++)
      sum += s[k].tensor[0] + s[k].tensor[1] + s[k].tensor[2];
    sum /= (double)(last - first);
    mean += sum / (double)blocks;
    square += sum * sum / (double)blocks;
  }
  point->error = sqrt(fmax(0.0, square - mean * mean) / (double)(blocks - 1));
}

lisi_status msd_log_read(const char *path, int *npoints, msd_point **points, lisi_error *err) {
  *npoints = 0;
  *points = NULL;
  line_reader *reader = NULL;
  lisi_status status = line_reader_open(path, &reader, err);
  if (status != LISI_OK)
    return status;
  sample *list = NULL;
  size_t n = 0, capacity = 0;
  double timestep = 0.0;
  bool data = false;
  while (status == LISI_OK) {
    char *line;
    int length;
    status = line_reader_next(reader, &line, &length, err);
    if (status != LISI_OK || line == NULL || line_reader_cut_off(reader))
      break;
    const long number = line_reader_number(reader);
    if (number == 1) {
      if (strncmp(line, "lisi-msd ", 9) != 0)
        status = lisi_fail(err, LISI_ERR_INPUT, "%s:1: expected 'lisi-msd 1', found '%.40s'", path, line);
      else if (strcmp(line, "lisi-msd 1") != 0)
        status = lisi_fail(err, LISI_ERR_VERSION, "%s:1: this program reads 'lisi-msd 1', found '%.40s'", path, line);
      continue;
    }
    if (!data) {
      data = strcmp(line, "data") == 0;
      if (strncmp(line, "timestep ", 9) == 0 &&
          (!number_read_double(line + 9, length - 9, &timestep) || !(timestep > 0.0)))
        status = lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: timestep: expected a positive number, found '%.40s'", path,
                           number, line + 9);
      continue;
    }
    int64_t head[3];
    sample s;
    if (!parse_line(line, head, s.tensor)) {
      status = lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected 'origin lag atoms xx yy zz xy xz yz', found '%.80s'",
                         path, number, line);
      break;
    }
    s.origin = head[0];
    s.lag = head[1];
    if (n == capacity) {
      capacity = capacity > 0 ? 2 * capacity : 1024;
      sample *larger = realloc(list, capacity * sizeof *larger);
      if (larger == NULL) {
        status = lisi_no_memory(err, capacity * sizeof *larger);
        break;
      }
      list = larger;
    }
    list[n++] = s;
  }
  line_reader_close(reader);
  if (status == LISI_OK && (!data || !(timestep > 0.0)))
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: ends inside its header: the file is cut off", path);
  if (status == LISI_OK && n > 0) {
    qsort(list, n, sizeof *list, compare_samples);
    size_t lags = 1;
    for (size_t k = 1; k < n; k++)
      lags += list[k].lag != list[k - 1].lag;
    *points = malloc(lags * sizeof **points);
    if (*points == NULL)
      status = lisi_no_memory(err, lags * sizeof **points);
    for (size_t k = 0, first = 0; k < n && status == LISI_OK; k++)
      if (k + 1 == n || list[k + 1].lag != list[k].lag) {
        average(list + first, k + 1 - first, timestep, &(*points)[(*npoints)++]);
        first = k + 1;
      }
  }
  free(list);
  return status;
}
