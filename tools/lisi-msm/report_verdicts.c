/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds and what does not, each with a word, a sign and the figures it rests on. */
#include "report_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum { GOOD, FAIR, BAD, NOT_TESTED } grade;

static void begin(report_page *page, grade g, const char *word, const char *what) {
  static const char *const class[] = {"good", "fair", "bad", "none"};
  static const char *const sign[] = {"&#10003;", "!", "&#10007;", "&ndash;"};
  fprintf(page->f,
          "<li><span class=\"badge %s\"><span aria-hidden=\"true\">%s</span> %s</span><strong>%s</strong><span "
          "class=\"text\">",
          class[g], sign[g], word, what);
}

static void end(report_page *page) {
  fputs("</span></li>\n", page->f);
}

static void chapman_kolmogorov(report_page *page) {
  FILE *f = page->f;
  const yaml_doc *ck = page->ck;
  const char *const name = "Chapman&ndash;Kolmogorov test";
  if (ck == NULL) {
    begin(page, NOT_TESTED, "not tested", name);
    if (page->ck_reason[0] != '\0')
      report_escaped(f, page->ck_reason);
    else
      fputs("<code>lisi-msm report</code> or <code>lisi-msm ck</code> on this folder makes the test.", f);
    end(page);
    return;
  }
  const yaml_ref root = yaml_root(ck), worst = yaml_get(ck, root, "worst");
  const char *verdict = yaml_text(ck, yaml_get(ck, root, "verdict")),
             *curve = yaml_text(ck, yaml_get(ck, worst, "curve"));
  const double lag = page_number(ck, root, "lag"), p = page_number(ck, root, "p"),
               tests = page_number(ck, root, "tests");
  const bool passed = verdict != NULL && strcmp(verdict, "passed") == 0,
             failed = verdict != NULL && strcmp(verdict, "failed") == 0;
  begin(page, passed ? GOOD : failed ? BAD : NOT_TESTED, passed ? "passed" : failed ? "failed" : "not tested", name);
  if (passed || failed) {
    fprintf(f, "The model at lag %.4g&nbsp;%s %s what is counted at its multiples: p&nbsp;=&nbsp;", lag,
            page->data->time_unit, passed ? "foretells" : "does not foretell");
    report_value(f, p, 2);
    fprintf(f, " for %.0f points together", tests);
    if (curve != NULL) {
      fputs("; the worst is ", f);
      report_escaped(f, curve);
      fprintf(f, " at %.4g&nbsp;%s, %.1f standard errors", page_number(ck, worst, "time"), page->data->time_unit,
              page_number(ck, worst, "deviation"));
    }
    fputs(".", f);
  } else
    fputs("There are no errors to test against.", f);
  end(page);
}

/* "true" or "false" under a key; `otherwise` where it is absent. */
static bool says(const report_data *data, yaml_ref map, const char *key, bool otherwise) {
  const char *text = yaml_text(data->doc, yaml_get(data->doc, map, key));
  return text != NULL ? strcmp(text, "true") == 0 : otherwise;
}

static void p_value(report_page *page, yaml_ref map) {
  const double p = report_number(page->data, map, "p");
  if (isnan(p))
    return;
  fputs(" (p&nbsp;=&nbsp;", page->f);
  report_value(page->f, p, 2);
  fputs(")", page->f);
}

static void markovian_range(report_page *page) {
  const report_data *data = page->data;
  const yaml_ref range = yaml_get(data->doc, data->root, "markovian_range"),
                 what = yaml_get(data->doc, range, "quantities");
  if (range == 0)
    return;
  const double from = report_number(data, range, "from"), to = report_number(data, range, "to"),
               decades = report_number(data, range, "decades");
  const char *note = yaml_text(data->doc, yaml_get(data->doc, range, "note"));
  const bool found = says(data, range, "found", true) && from > 0 && to > from;
  begin(page,
        !found         ? BAD
        : decades >= 2 ? GOOD
                       : FAIR,
        !found         ? "none"
        : decades >= 2 ? "wide"
                       : "narrow",
        "Markovian range");
  if (found) {
    fprintf(page->f, "Lags from %.4g to %.4g&nbsp;%s (%.2g decades), by ", from, to, data->time_unit, decades);
    const int n = yaml_seq_size(data->doc, what);
    for (int k = 0; k < n; k++) {
      const char *name = yaml_text(data->doc, yaml_seq_at(data->doc, what, k));
      fputs(k == 0 ? "" : k == n - 1 ? " and " : ", ", page->f);
      report_escaped(page->f, name != NULL ? name : "?");
    }
    fputs(n == 0 ? "what was looked at" : "", page->f);
    p_value(page, range);
    fputs(note != NULL ? ": " : ".", page->f);
  }
  if (note != NULL) {
    report_escaped(page->f, note);
    fputs(".", page->f);
  }
  end(page);
}

static void plateau(report_page *page) {
  const report_data *data = page->data;
  const yaml_ref reported = yaml_get(data->doc, data->root, "reported"),
                 found = yaml_get(data->doc, data->root, "D_plateau"), ci = yaml_get(data->doc, found, "ci");
  const double value = report_number(data, found, "value");
  const char *flat = yaml_text(data->doc, yaml_get(data->doc, reported, "plateau"));
  if (found == 0 && (flat == NULL || yaml_seq_size(data->doc, data->models) < 2))
    return;
  const bool yes = found != 0 ? says(data, found, "found", value >= 0) : strcmp(flat, "true") == 0;
  begin(page, yes ? GOOD : FAIR, yes ? "found" : "not found", "Plateau of D");
  if (yes && found != 0) {
    fprintf(page->f, "%.4g&nbsp;&Aring;&sup2;/ps ", value);
    if (isfinite(report_item(data, ci, 0))) {
      fputs("<span class=\"ci\">[", page->f);
      report_interval(page->f, report_item(data, ci, 0), report_item(data, ci, 1), 3);
      fputs("]</span> ", page->f);
    }
    fprintf(page->f, "from lag %.4g to %.4g&nbsp;%s.", report_number(data, found, "from"),
            report_number(data, found, "to"), data->time_unit);
  } else if (yes)
    fprintf(page->f, "From lag %.4g&nbsp;%s on D does not change beyond its errors.",
            report_number(data, reported, "lag"), data->time_unit);
  else
    fputs(
        "D still changes with the lag, or the run is too short to tell: the number above is an upper bound where jumps "
        "are undone.",
        page->f);
  end(page);
}

/* The verdict of another command in its own word; without one: GOOD or worse by `otherwise`. */
static grade grade_of(const char *verdict, grade otherwise) {
  if (verdict == NULL)
    return otherwise;
  return strcmp(verdict, "agrees") == 0 ? GOOD : strcmp(verdict, "differs") == 0 ? BAD : NOT_TESTED;
}

static const char *word_of(grade g) {
  return g == GOOD ? "agrees" : g == FAIR ? "deviates" : g == BAD ? "differs" : "not tested";
}

static void displacement(report_page *page) {
  const report_data *data = page->data;
  const yaml_ref check = yaml_get(data->doc, data->root, "msd_check");
  const double within = report_number(data, check, "within_two_errors"),
               largest = report_number(data, check, "largest_deviation"),
               rms = report_number(data, check, "md_relative_rms"), offset = report_number(data, check, "md_offset"),
               to = report_number(data, check, "to");
  const char *verdict = yaml_text(data->doc, yaml_get(data->doc, check, "verdict")),
             *md = yaml_text(data->doc, yaml_get(data->doc, check, "md_verdict"));
  if (isnan(within) && isnan(rms) && verdict == NULL)
    return;
  grade g = grade_of(verdict, isnan(within) ? NOT_TESTED : within >= 0.8 ? GOOD : within >= 0.6 ? FAIR : BAD);
  if (g == GOOD && within < 0.8)
    g = FAIR; /* right where it was tested, and not beyond */
  begin(page, g, g == FAIR ? "in part" : word_of(g), "Mean-square displacement");
  fputs("Model against the site positions of the run: ", page->f);
  if (verdict != NULL && !isnan(to)) {
    report_escaped(page->f, verdict);
    fprintf(page->f, " from %.4g to %.4g&nbsp;%s", report_number(data, check, "from"), to, data->time_unit);
    p_value(page, check);
    fputs(isnan(within) ? "" : "; ", page->f);
  }
  if (!isnan(within))
    fprintf(page->f,
            "up to a quarter of the run %.0f&nbsp;%% of the points lie within two standard errors, the worst at %.1f",
            100 * within, largest);
  fputs(". ", page->f);
  if (!isnan(rms))
    fprintf(page->f,
            "The real coordinates%s follow within %.2g&nbsp;%% (r.m.s.) after one constant of "
            "%.2g&nbsp;&Aring;&sup2;, the vibration round the sites.",
            md == NULL                   ? ""
            : strcmp(md, "agrees") == 0  ? " agree as well: they"
            : strcmp(md, "differs") == 0 ? " differ in detail: they"
                                         : "",
            100 * rms, offset);
  end(page);
}

static void van_hove(report_page *page) {
  const report_data *data = page->data;
  const yaml_ref map = yaml_get(data->doc, data->root, "van_hove"), times = yaml_get(data->doc, map, "times");
  const char *verdict = yaml_text(data->doc, yaml_get(data->doc, map, "verdict"));
  if (verdict == NULL)
    return;
  const grade g = grade_of(verdict, NOT_TESTED);
  begin(page, g, word_of(g), "Van Hove function");
  fprintf(page->f, "Distances travelled, model at lag %.4g&nbsp;%s against the run: ", report_number(data, map, "lag"),
          data->time_unit);
  const int n = yaml_seq_size(data->doc, times);
  for (int k = 0; k < n && k < 12; k++) {
    const yaml_ref one = yaml_seq_at(data->doc, times, k);
    const char *word = yaml_text(data->doc, yaml_get(data->doc, one, "verdict"));
    fprintf(page->f, "%s%.4g&nbsp;%s ", k > 0 ? "; " : "", report_number(data, one, "time"), data->time_unit);
    report_escaped(page->f, word != NULL ? word : "?");
    p_value(page, one);
  }
  fputs(n > 0 ? "." : "no time was compared.", page->f);
  end(page);
}

static void connected(report_page *page) {
  const report_data *data = page->data;
  const double left_out = report_number(data, page->model, "discarded_fraction");
  const int kept = yaml_seq_size(data->doc, yaml_get(data->doc, page->model, "states")),
            sets = yaml_seq_size(data->doc, yaml_get(data->doc, page->model, "components"));
  if (isnan(left_out))
    return;
  const grade g = left_out <= 0 ? GOOD : left_out < 0.02 ? FAIR : BAD;
  begin(page, g, g == GOOD ? "complete" : "incomplete", "Connected states");
  if (g == GOOD && sets < 2)
    fprintf(page->f, "All %d states can be reached from each other; no count was left out.", kept);
  else
    fprintf(page->f,
            "%d connected states make the model; %.3g&nbsp;%% of the counted pairs lie in %d other set%s (see "
            "Disconnected sets).",
            kept, 100 * left_out, sets - 1, sets == 2 ? "" : "s");
  end(page);
}

static void copies(report_page *page) {
  const report_data *data = page->data;
  const yaml_ref fold = yaml_get(data->doc, page->model, "folding");
  const char *alike = yaml_text(data->doc, yaml_get(data->doc, fold, "homogeneous"));
  if (alike == NULL)
    return;
  const char *folded = yaml_text(data->doc, yaml_get(data->doc, data->root, "folded"));
  const bool yes = strcmp(alike, "true") == 0, averaged = folded == NULL || strcmp(folded, "true") == 0;
  begin(page, yes ? GOOD : FAIR, yes ? "alike" : "differ", "Copies of the cell");
  fprintf(page->f,
          "The spread between the copies of a site is %.2f times what chance explains (%s%.1f standard errors)%s",
          report_number(data, fold, "ratio"), report_number(data, fold, "z") < 0 ? "&minus;" : "",
          fabs(report_number(data, fold, "z")),
          yes        ? ": they may be averaged."
          : averaged ? "; a longer run tells whether that lasts."
                     : ": they are kept apart. A longer run tells whether that lasts.");
  end(page);
}

/* Averaged over the space group where the user asked for it. */
static void symmetry(report_page *page) {
  const report_data *data = page->data;
  const yaml_ref map = yaml_get(data->doc, data->root, "symmetry"),
                 fold = yaml_get(data->doc, page->model, "symmetry_folding"),
                 gain = yaml_get(data->doc, yaml_get(data->doc, map, "gain"), "D_relative_halfwidth");
  const char *group = yaml_text(data->doc, yaml_get(data->doc, map, "space_group")),
             *alike = yaml_text(data->doc, yaml_get(data->doc, fold, "homogeneous"));
  if (group == NULL)
    return;
  const bool yes = alike != NULL && strcmp(alike, "true") == 0;
  begin(page,
        alike == NULL ? NOT_TESTED
        : yes         ? GOOD
                      : FAIR,
        alike == NULL ? "not tested"
        : yes         ? "alike"
                      : "differ",
        "Sites of an orbit");
  fputs("Averaged over space group ", page->f);
  report_escaped(page->f, group);
  fprintf(page->f, " (%.0f operations)", report_number(data, map, "operations"));
  if (alike != NULL)
    fprintf(page->f, "; the spread within orbits is %.2f times what chance explains (%.1f standard errors)",
            report_number(data, fold, "ratio"), report_number(data, fold, "z"));
  if (!isnan(report_number(data, gain, "with")))
    fprintf(page->f, ". Half-width of the interval of D: %.2g&nbsp;%% of it, %.2g&nbsp;%% without",
            100 * report_number(data, gain, "with"), 100 * report_number(data, gain, "without"));
  fputs(".", page->f);
  end(page);
}

void page_verdicts(report_page *page) {
  fputs("<section id=\"verdicts\" aria-labelledby=\"h-verdicts\"><h2 id=\"h-verdicts\">Can the model be trusted?</h2>\n"
        "<div class=\"box\"><ul class=\"verdicts\">\n",
        page->f);
  chapman_kolmogorov(page);
  markovian_range(page);
  plateau(page);
  displacement(page);
  van_hove(page);
  connected(page);
  copies(page);
  symmetry(page);
  fputs("</ul></div></section>\n", page->f);
}
