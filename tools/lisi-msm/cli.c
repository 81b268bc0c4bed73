/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option reader that the subcommands share. */
#include "cli.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(const char *kind, const char *format, va_list list) {
  fprintf(stderr, "lisi-msm: %s", kind);
  vfprintf(stderr, format, list);
  fputc('\n', stderr);
}

void cli_warn(const char *format, ...) {
  va_list list;
  va_start(list, format);
  say("warning: ", format, list);
  va_end(list);
}

void cli_note(const char *format, ...) {
  va_list list;
  va_start(list, format);
  say("", format, list);
  va_end(list);
}

static void print_help(const cli_command *command) {
  printf("lisi-msm %s %s\n\n%s\n\nOptions:\n", command->name, command->usage, command->purpose);
  for (const cli_option *o = command->list; o->name != NULL; o++) {
    char left[64];
    const bool letter = strlen(o->name) == 1;
    snprintf(left, sizeof left, "%s%s%s%s", letter ? "-" : "--", o->name, o->argument != NULL ? " " : "",
             o->argument != NULL ? o->argument : "");
    printf("  %-26s ", left);
    if (strlen(left) > 26)
      printf("\n%29s", "");
    for (const char *c = o->help; *c != '\0'; c++) {
      if (*c == '\n')
        printf("\n%29s", "");
      else
        putchar(*c);
    }
    putchar('\n');
  }
  printf("  %-26s this text\n  %-26s the version\n\nExamples:\n%s", "--help", "--version", command->examples);
}

static bool to_double(const char *text, size_t length, double *value) {
  char buffer[64], *end = NULL;
  if (length == 0 || length >= sizeof buffer)
    return false;
  memcpy(buffer, text, length);
  buffer[length] = '\0';
  if (strchr(" \t\n", buffer[0]) != NULL)
    return false;
  errno = 0;
  *value = strtod(buffer, &end);
  return *end == '\0' && isfinite(*value) && !(errno == ERANGE && fabs(*value) > 1.0);
}

static lisi_status read_numbers(const char *shown, const char *text, cli_numbers *list, lisi_error *err) {
  list->given = true;
  if (strcmp(text, "auto") == 0) {
    list->automatic = true;
    return LISI_OK;
  }
  size_t n = 1;
  for (const char *c = text; *c != '\0'; c++)
    n += *c == ',';
  if (n > INT_MAX / sizeof(double))
    return lisi_fail(err, LISI_ERR_INPUT, "%s: too many numbers", shown);
  list->value = malloc(n * sizeof *list->value);
  if (list->value == NULL)
    return lisi_no_memory(err, n * sizeof *list->value);
  const char *from = text;
  for (size_t k = 0; k < n; k++) {
    const size_t length = strcspn(from, ",");
    if (!to_double(from, length, &list->value[k]))
      return lisi_fail(err, LISI_ERR_INPUT, "%s: expected numbers separated by commas, found '%.*s' in '%s'", shown,
                       (int)(length < 60 ? length : 60), from, text);
    from += length + 1;
  }
  list->n = (int)n;
  return LISI_OK;
}

/* "auto", "auto:5", "0.1", "0.1..100", "0.1..100:5". */
static bool read_lag_part(const char *text, size_t length, cli_lag_part *part) {
  *part = (cli_lag_part){0};
  const char *colon = memchr(text, ':', length), *dots = NULL;
  double n;
  if (colon != NULL) {
    const size_t left = (size_t)(colon - text);
    if (!to_double(colon + 1, length - left - 1, &n) || n < 1 || n > 1000 || n > floor(n))
      return false;
    part->per_decade = (int)n;
    length = left;
  }
  if (length == 4 && memcmp(text, "auto", 4) == 0)
    return true;
  for (size_t k = 0; k + 1 < length && dots == NULL; k++)
    if (text[k] == '.' && text[k + 1] == '.')
      dots = text + k;
  if (dots == NULL) {
    part->to = 0;
    if (colon != NULL || !to_double(text, length, &part->from))
      return false;
    part->to = part->from;
    return true;
  }
  const size_t left = (size_t)(dots - text);
  return to_double(text, left, &part->from) && to_double(dots + 2, length - left - 2, &part->to);
}

static lisi_status read_lags(const char *shown, const char *text, cli_lags *list, lisi_error *err) {
  size_t n = 1;
  for (const char *c = text; *c != '\0'; c++)
    n += *c == ',';
  if (n > INT_MAX / sizeof *list->part)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: too many lags", shown);
  list->part = malloc(n * sizeof *list->part);
  if (list->part == NULL)
    return lisi_no_memory(err, n * sizeof *list->part);
  const char *from = text;
  for (size_t k = 0; k < n; k++) {
    const size_t length = strcspn(from, ",");
    cli_lag_part *part = &list->part[k];
    const int width = (int)(length < 60 ? length : 60);
    if (!read_lag_part(from, length, part))
      return lisi_fail(
          err, LISI_ERR_INPUT,
          "%s: expected numbers separated by commas, auto, auto:N, A..B or A..B:N (N lags a decade), found "
          "'%.*s' in '%s'",
          shown, width, from, text);
    const bool automatic = strncmp(from, "auto", 4) == 0;
    if (!automatic && !(part->from > 0))
      return lisi_fail(err, LISI_ERR_INPUT, "%s: a lag must be positive, found %g", shown, part->from);
    if (!automatic && part->to < part->from)
      return lisi_fail(err, LISI_ERR_INPUT, "%s: expected a rising range, found '%.*s'", shown, width, from);
    from += length + 1;
  }
  list->n = (int)n;
  return LISI_OK;
}

static lisi_status store(const cli_option *o, const char *shown, const char *text, lisi_error *err) {
  if (o->kind == CLI_TEXT) {
    *(const char **)o->target = text;
    if (*text == '\0')
      return lisi_fail(err, LISI_ERR_INPUT, "%s: the value is empty", shown);
  } else if (o->kind == CLI_DOUBLE) {
    if (!to_double(text, strlen(text), (double *)o->target))
      return lisi_fail(err, LISI_ERR_INPUT, "%s: expected a number, found '%s'", shown, text);
  } else if (o->kind == CLI_INT) {
    char *end = NULL;
    errno = 0;
    const long value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0)
      return lisi_fail(err, LISI_ERR_INPUT, "%s: expected a whole number, found '%s'", shown, text);
    *(long *)o->target = value;
  } else if (o->kind == CLI_NUMBERS) {
    return read_numbers(shown, text, o->target, err);
  } else if (o->kind == CLI_LAGS) {
    return read_lags(shown, text, o->target, err);
  }
  return LISI_OK;
}

static const cli_option *find(const cli_command *command, const char *name, size_t length, bool letter, int *which) {
  *which = 0;
  for (const cli_option *o = command->list; o->name != NULL; o++, (*which)++)
    if (strlen(o->name) == length && memcmp(o->name, name, length) == 0 && (length == 1) == letter)
      return o;
  return NULL;
}

static lisi_status parse(const cli_command *command, int argc, char **argv, cli_args *args, lisi_error *err) {
  unsigned long long seen = 0; /* one bit per option: giving one twice is a slip worth telling */
  bool options = true;
  for (int k = 1; k < argc; k++) {
    char *word = argv[k];
    if (options && strcmp(word, "--") == 0) {
      options = false;
      continue;
    }
    if (!options || word[0] != '-' || word[1] == '\0') {
      args->positional[args->npositional++] = word;
      continue;
    }
    const bool letter = word[1] != '-';
    const char *name = word + (letter ? 1 : 2);
    const size_t length = letter ? strlen(name) : strcspn(name, "=");
    const char *value = !letter && name[length] == '=' ? name + length + 1 : NULL;
    int which;
    const cli_option *o = find(command, name, length, letter, &which);
    if (o == NULL)
      return lisi_fail(err, LISI_ERR_INPUT, "unknown option '%s' (lisi-msm %s --help lists them)", word, command->name);
    char shown[40];
    snprintf(shown, sizeof shown, "%s%s", letter ? "-" : "--", o->name);
    if (which < 64 && (seen >> which & 1) != 0)
      return lisi_fail(err, LISI_ERR_INPUT, "%s is given twice", shown);
    if (which < 64)
      seen |= 1ull << which;
    if (o->kind == CLI_FLAG) {
      if (value != NULL)
        return lisi_fail(err, LISI_ERR_INPUT, "%s takes no value, found '%s'", shown, value);
      *(bool *)o->target = true;
      continue;
    }
    /* A word that is itself one of the options is not a value: `--lags --json` lacks one. */
    if (value == NULL && (k + 1 == argc || strncmp(argv[k + 1], "--", 2) == 0))
      return lisi_fail(err, LISI_ERR_INPUT, "%s needs a value (%s)", shown, o->argument);
    if (o->kind == CLI_TEXTS) {
      cli_texts *list = o->target;
      list->value = malloc((size_t)argc * sizeof *list->value);
      if (list->value == NULL)
        return lisi_no_memory(err, (size_t)argc * sizeof *list->value);
      if (value != NULL)
        list->value[list->n++] = word + (value - word);
      while (value == NULL && k + 1 < argc && (argv[k + 1][0] != '-' || argv[k + 1][1] == '\0'))
        list->value[list->n++] = argv[++k];
      if (list->n == 0)
        return lisi_fail(err, LISI_ERR_INPUT, "%s needs a value (%s)", shown, o->argument);
      continue;
    }
    const lisi_status status = store(o, shown, value != NULL ? value : argv[++k], err);
    if (status != LISI_OK)
      return status;
  }
  return LISI_OK;
}

bool cli_parse(const cli_command *command, int argc, char **argv, cli_args *args, int *exit_status) {
  *exit_status = 0;
  *args = (cli_args){0};
  for (int k = 1; k < argc && strcmp(argv[k], "--") != 0; k++) {
    if (strcmp(argv[k], "--help") == 0 || strcmp(argv[k], "-h") == 0) {
      print_help(command);
      return false;
    }
    if (strcmp(argv[k], "--version") == 0) {
      printf("lisi-msm %s\n", LISI_VERSION);
      return false;
    }
  }
  lisi_error err = {0};
  args->positional = calloc((size_t)argc + 1, sizeof *args->positional);
  const lisi_status status = args->positional == NULL ? lisi_no_memory(&err, (size_t)argc * sizeof(char *))
                                                      : parse(command, argc, argv, args, &err);
  if (status == LISI_OK)
    return true;
  *exit_status = cli_end(command, args, status, &err);
  return false;
}

int cli_end(const cli_command *command, cli_args *args, lisi_status status, const lisi_error *err) {
  if (status != LISI_OK)
    fprintf(stderr, "lisi-msm %s: error: %s\n", command->name,
            err->message[0] != '\0' ? err->message : lisi_status_string(status));
  for (const cli_option *o = command->list; o->name != NULL; o++) {
    if (o->kind == CLI_NUMBERS)
      free(((cli_numbers *)o->target)->value);
    if (o->kind == CLI_LAGS)
      free(((cli_lags *)o->target)->part);
    if (o->kind == CLI_TEXTS)
      free(((cli_texts *)o->target)->value);
  }
  free(args->positional);
  return lisi_exit_status(status);
}
