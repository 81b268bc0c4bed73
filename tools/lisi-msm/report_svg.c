/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What other programs have drawn, made fit to stand with others on one page: ids that no other picture has, colours
 * written in one way (so that the page can turn them for dark screens), a title and a description in words. */
#include "report.h"
#include "report_text.h"

#include "file_bytes.h"
#include "out_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Length of `word` where `at` begins with it, else 0. */
static size_t begins(const char *at, const char *word) {
  const size_t n = strlen(word);
  return strncmp(at, word, n) == 0 ? n : 0;
}

static const char *skip_element(const char *at, const char *close) {
  const char *end = strstr(at, close);
  return end != NULL ? end + strlen(close) : at;
}

static void rewrite(FILE *f, const char *at, const char *name, const char *title, const char *description) {
  static const char *const hook[] = {" id='", " id=\"", "href='#", "href=\"#", "url(#"};
  bool head = false;
  while (*at != '\0') {
    size_t n = 0;
    int r, g, b, used = 0;
    if (!head && (n = begins(at, "<svg")) > 0) {
      fprintf(f, "<svg role=\"img\" aria-labelledby=\"%s-title %s-desc\"", name, name);
      at += n;
      const char *end = strchr(at, '>');
      if (end == NULL)
        break;
      fwrite(at, 1, (size_t)(end - at) + 1, f);
      fprintf(f, "\n<title id=\"%s-title\">", name);
      report_escaped(f, title);
      fprintf(f, "</title>\n<desc id=\"%s-desc\">", name);
      report_escaped(f, description);
      fputs("</desc>\n", f);
      at = end + 1;
      /* gnuplot's own ones, which say nothing about what is seen */
      for (;;) {
        while (*at == '\n' || *at == ' ')
          at++;
        const char *next = begins(at, "<title>") > 0  ? skip_element(at, "</title>")
                           : begins(at, "<desc>") > 0 ? skip_element(at, "</desc>")
                                                      : at;
        if (next == at)
          break;
        at = next;
      }
      head = true;
      continue;
    }
    for (int k = 0; k < 5 && n == 0; k++)
      n = begins(at, hook[k]);
    if (n > 0) {
      fwrite(at, 1, n, f);
      fprintf(f, "%s-", name);
      at += n;
    } else if (begins(at, "rgb(") > 0 && sscanf(at, "rgb( %d , %d , %d )%n", &r, &g, &b, &used) == 3 && used > 0) {
      fprintf(f, "#%02x%02x%02x", (unsigned)r & 255u, (unsigned)g & 255u, (unsigned)b & 255u);
      at += used;
    } else
      fputc(*at++, f);
  }
}

lisi_status report_svg_finish(const char *folder, const char *name, const char *title, const char *description,
                              lisi_error *err) {
  char path[PATH_MAX], whole[64], *bytes = NULL;
  size_t size = 0;
  struct out_file *file = NULL;
  snprintf(whole, sizeof whole, "%s.svg", name);
  if (snprintf(path, sizeof path, "%s/%s", folder, whole) >= (int)sizeof path)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: the path is too long", folder);
  lisi_status status = file_bytes_read(path, (size_t)1 << 26, &bytes, &size, err);
  if (status == LISI_OK)
    status = report_out(folder, whole, &file, err);
  if (status == LISI_OK) {
    rewrite(out_file_stream(file), bytes, name, title, description);
    status = out_file_commit(file, err);
  }
  free(bytes);
  return status;
}
