/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a build: which lag is reported, how the MSDs compare, and the table for people. */
#include "result.h"

#include "ck.h"
#include "cli.h"
#include "diffusion.h"
#include "fold_symmetry.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void msm_result_free(msm_result *r) {
  msm_result_modes_free(r);
  fold_symmetry_free(r);
  if (r->plain != NULL)
    free(r->plain->row);
  free(r->plain);
  for (int m = 0; m < r->nmodels; m++) {
    if (r->model != NULL)
      msm_model_free(&r->model[m]);
    if (r->counts != NULL)
      lag_counts_free(&r->counts[m]);
    if (r->rates != NULL)
      orbit_rates_free(&r->rates[m]);
  }
  free(r->model);
  free(r->counts);
  free(r->rates);
  free(r->failed);
  state_space_free(&r->space);
  free(r->framework);
  free(r->species);
  free(r->command);
  free(r->sites_msd);
  free(r->md_msd);
  free(r->n);
  diffusion_free(r->diffusion);
  *r = (msm_result){0};
}

static bool short_enough(const msm_result *r, int m) {
  return !(r->duration > 0) || r->model[m].lag_samples <= 1 ||
         r->model[m].lag <= (r->duration + r->dt) / 10 * (1 + 1e-9);
}

int msm_result_trusted(const msm_result *r) {
  int n = 0;
  while (n < r->nmodels && short_enough(r, n))
    n++;
  return n > 0 ? n : r->nmodels;
}

/* D of model m lies in the interval of every longer lag. */
static bool same_d_from(const msm_result *r, int m) {
  for (int k = m + 1; k < msm_result_trusted(r); k++) {
    const msm_model *later = &r->model[k];
    const double d = r->model[m].D_all_iso;
    const bool known = later->has_ci && isfinite(later->D_all_iso_lo) && isfinite(later->D_all_iso_hi);
    if (known ? d < later->D_all_iso_lo || d > later->D_all_iso_hi
              : fabs(d - later->D_all_iso) > 0.05 * later->D_all_iso)
      return false;
  }
  return true;
}

/* Deviations of model m from the MSD of site positions, at whole multiples of its lag up to a quarter of the run (later
 * points have few independent pairs and errors that say little). Returns the number of points. */
static int deviations(const msm_result *r, int m, double *largest, double *within_two) {
  const double lag = r->model[m].lag;
  int n = 0, within = 0;
  *largest = 0;
  for (int k = 0; k < r->nsites_msd; k++) {
    const msd_row *p = &r->sites_msd[k];
    const double n_lags = p->t / lag;
    if (!(p->error > 0) || n_lags < 1 - 1e-9 || fabs(n_lags - round(n_lags)) > 1e-6 || p->t > r->duration / 4)
      continue;
    /* as of a normal distribution: few blocks have the tails of Student's t */
    const double wider = 0.5 * ck_student_quantile(0.0455, p->parts - 1.0);
    const double z = fabs(msm_result_msd(r, m, p->t) - p->value) / (p->error * wider);
    *largest = fmax(*largest, z);
    within += z <= 2;
    n++;
  }
  *within_two = n > 0 ? (double)within / n : 1;
  return n;
}

void msm_result_choose_lag(msm_result *r) {
  r->reported = -1;
  r->plateau = false;
  if (r->nmodels == 0 || !r->model[0].geometry)
    return;
  int by_msd = -1, by_d = -1;
  const int trusted = msm_result_trusted(r);
  for (int m = 0; m < trusted && r->reported < 0; m++) {
    double largest, within;
    const int points = deviations(r, m, &largest, &within);
    const bool msd_good = r->nsites_msd == 0 || (points > 0 && within >= 0.8), d_good = same_d_from(r, m);
    if (msd_good && d_good)
      r->reported = m;
    if (msd_good && by_msd < 0)
      by_msd = m;
    if (d_good && by_d < 0)
      by_d = m;
  }
  if (r->reported >= 0)
    r->plateau = r->reported + 1 < trusted;
  else
    r->reported = by_msd >= 0 ? by_msd : by_d;
}

double msm_result_msd(const msm_result *r, int m, double t) {
  const msm_model *x = &r->model[m];
  const double n = t / x->lag, below = floor(n);
  /* Between whole lags a model says nothing (a negative eigenvalue has no root); its MSD is all but straight there. */
  if (fabs(n - round(n)) < 1e-6)
    return msm_msd_all(x, round(n));
  const double lower = msm_msd_all(x, below);
  return lower + (n - below) * (msm_msd_all(x, below + 1) - lower);
}

void msm_result_compare(msm_result *r) {
  r->md_offset = r->md_rms = r->largest_deviation = r->within_two = NAN;
  if (r->reported < 0)
    return;
  const double lag = r->model[r->reported].lag;
  double largest, within;
  if (deviations(r, r->reported, &largest, &within) > 0) {
    r->largest_deviation = largest;
    r->within_two = within;
  }
  double sum = 0, weight = 0, squares = 0;
  int points = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int k = 0; k < r->nmd; k++) {
      const msd_row *p = &r->md_msd[k];
      if (p->t < lag * (1 - 1e-9))
        continue;
      const double difference = p->value - msm_result_msd(r, r->reported, p->t);
      /* Long times are noisy: each point counts by the inverse of its own square. */
      const double w = p->value > 0 ? 1 / (p->value * p->value) : 0;
      if (pass == 0) {
        sum += w * difference;
        weight += w;
      } else if (p->value > 0) {
        const double rest = (difference - r->md_offset) / p->value;
        squares += rest * rest;
        points++;
      }
      if (pass == 0 && weight > 0)
        r->md_offset = sum / weight;
    }
  if (points > 0)
    r->md_rms = sqrt(squares / points);
}

/* ---- the table
 * --------------------------------------------------------------------------------------------------------- */

static void interval(double value, bool has, double lo, double hi) {
  if (isinf(value))
    printf("  %9s", "inf");
  else
    printf("  %9.4g", value);
  if (has && !isnan(lo) && !isnan(hi))
    printf(" [%.3g, %.3g]%*s", lo, hi, 0, "");
}

void msm_result_print(const msm_result *r) {
  const char *unit = r->time_in_ps ? "ps" : "steps";
  const bool geometry = r->nmodels > 0 && r->model[0].geometry;
  if (r->nwalkers > 0 && r->dt > 0) {
    printf("%d %s, %.6g %s sampled every %.6g %s, %lld jumps", r->nwalkers, r->time_in_ps ? "Li" : "trajectories",
           r->duration, unit, r->dt, unit, r->njumps);
    if (r->folded)
      printf("; the %d x %d x %d supercell is folded onto %d sites", r->replicate[0], r->replicate[1], r->replicate[2],
             r->space.n);
    printf("\n\n");
  }
  printf("%10s %7s", "lag", "states");
  if (geometry)
    printf("  %s", "D (A^2/ps) [95 %]");
  printf("  slowest relaxation times (%s) [95 %%]\n", unit);
  for (int m = 0; m < r->nmodels; m++) {
    const msm_model *x = &r->model[m];
    printf("%10.6g %7d", x->lag, x->n);
    if (geometry)
      interval(x->D_all_iso, x->has_ci, x->D_all_iso_lo, x->D_all_iso_hi);
    for (int k = 0; k < x->ntimescales && k < 3; k++) {
      const bool ci = k < x->nci;
      interval(x->timescale[k], ci, ci ? x->timescale_lo[k] : 0, ci ? x->timescale_hi[k] : 0);
      if (x->negative[k])
        printf("(-)");
    }
    printf("%s\n", m == r->reported && r->nmodels > 1 ? "   <- reported" : "");
  }
  if (r->reported >= 0) {
    const msm_model *x = &r->model[r->reported];
    double lo = x->D_all_iso_lo, hi = x->D_all_iso_hi;
    diffusion_interval(r, &lo, &hi);
    printf("\nD = %.4g", x->D_all_iso);
    if (x->has_ci)
      printf(" [%.3g, %.3g]", lo, hi);
    printf(" A^2/ps = %.4g", x->D_all_iso * MSM_D_TO_M2_PER_S);
    if (x->has_ci)
      printf(" [%.3g, %.3g]", lo * MSM_D_TO_M2_PER_S, hi * MSM_D_TO_M2_PER_S);
    printf(" m^2/s at lag %.6g %s\n", x->lag, unit);
    printf("D tensor (A^2/ps):  xx %.4g  yy %.4g  zz %.4g  xy %.3g  xz %.3g  yz %.3g\n", x->D_all[0][0], x->D_all[1][1],
           x->D_all[2][2], x->D_all[0][1], x->D_all[0][2], x->D_all[1][2]);
    if (x->has_ci) {
      printf("            [95 %%]");
      for (int k = 0; k < 6; k++) {
        static const int at[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};
        printf("  %c%c [%.3g, %.3g]", "xyz"[at[k][0]], "xyz"[at[k][1]], x -> D_all_lo[at[k][0]][at[k][1]],
               x -> D_all_hi[at[k][0]][at[k][1]]);
      }
      putchar('\n');
    }
  }
  msm_result_print_sets(r);
  diffusion_print(r);
  fold_symmetry_print(r);
  msm_result_print_rates(r);
  if (r->nsites_msd > 0 && r->reported >= 0) {
    const double lag = r->model[r->reported].lag;
    printf("\n%10s %14s %22s%s\n", "time (ps)", "MSD(MSM)", "MSD(site positions)",
           r->nmd > 0 ? "   MSD(MD) - constant" : "");
    double next = lag;
    for (int k = 0; k < r->nsites_msd; k++) {
      const msd_row *p = &r->sites_msd[k];
      const double n = p->t / lag;
      if (p->t < next * (1 - 1e-9) || fabs(n - round(n)) > 1e-6)
        continue;
      next = p->t * 1.9;
      printf("%10.5g %14.4g %14.4g", p->t, msm_result_msd(r, r->reported, p->t), p->value);
      if (p->error > 0)
        printf(" +- %-5.2g", p->error);
      else
        printf("%9s", "");
      for (int q = 0; q < r->nmd; q++)
        if (isfinite(r->md_offset) && fabs(r->md_msd[q].t - p->t) < 1e-6 * p->t)
          printf(" %18.4g", r->md_msd[q].value - r->md_offset);
      putchar('\n');
    }
    if (isfinite(r->largest_deviation))
      printf("MSM and site positions differ by at most %.2f standard errors up to a quarter of the run; %.0f %% of the "
             "points lie within two\n",
             r->largest_deviation, 100 * r->within_two);
    if (isfinite(r->md_offset))
      printf("MD's own MSD = MSM + %.3g A^2 (cage) within %.1f %% (r.m.s.)\n", r->md_offset, 100 * r->md_rms);
    diffusion_print_check(r);
  }
  msm_result_print_plain(r);
}

/* Tells a condition once, for the shortest lag that has it. */
static void repeated(char *text, size_t size, int others) {
  if (others > 0)
    snprintf(text, size, " (and at %d longer lag%s)", others, others > 1 ? "s" : "");
  else
    text[0] = '\0';
}

static int negatives(const msm_model *x) {
  int n = 0;
  for (int k = 0; k < x->ntimescales; k++)
    n += x->negative[k];
  return n;
}

/* Processes of a rate matrix that are over five times within a lag: their counts are those of any faster one. */
static int too_fast(const msm_model *x) {
  int n = 0;
  for (int k = 0; k < x->ntimescales && x->K != NULL; k++)
    n += x->timescale[k] < x->lag / 5;
  return n;
}

static bool copies_differ(const msm_model *x) {
  return x->fold.tested && !x->fold.homogeneous;
}

void msm_result_tell(const msm_result_listener *to, const char *format, ...) {
  char text[600];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  to->tell(to->context, text);
}

static void on_stderr(void *context, const char *text) {
  (void)context;
  cli_warn("%s", text);
}

void msm_result_warn(const msm_result *r) {
  msm_result_warnings(r, on_stderr, NULL);
}

void msm_result_warnings(const msm_result *r, msm_result_teller tell, void *context) {
  const msm_result_listener to = {tell, context};
  for (int k = 0; k < r->nfailed; k++)
    msm_result_tell(&to, "lag %g is left out: %s", r->failed[k].lag, r->failed[k].reason);
  int discarded = -1, negative = -1, differ = -1, fast = -1, more[4] = {-1, -1, -1, -1};
  for (int m = 0; m < r->nmodels; m++) {
    const msm_model *x = &r->model[m];
    if (x->no_jump) {
      msm_result_tell(&to, "lag %g: no jump was seen%s", x->lag, x->geometry ? ": D = 0" : "");
      if (m == 0)
        return;
    }
    if (x->discarded_fraction > 0 && more[0]++ < 0)
      discarded = m;
    if (negatives(x) > 0 && more[1]++ < 0)
      negative = m;
    if (copies_differ(x) && more[2]++ < 0)
      differ = m;
    if (too_fast(x) > 0 && more[3]++ < 0)
      fast = m;
  }
  char others[48];
  if (discarded >= 0) {
    const msm_model *x = &r->model[discarded];
    repeated(others, sizeof others, more[0]);
    int *index = malloc((size_t)r->space.n * sizeof *index), n = 0;
    for (int c = 1; c < x->ncomponents && index != NULL; c++)
      for (int k = 0; k < x->component[c].n; k++)
        index[n++] = x->component[c].state[k];
    char names[300] = "";
    if (index != NULL)
      msm_result_names(&r->space, index, n, names, sizeof names);
    free(index);
    msm_result_tell(
        &to,
        "lag %g%s: %d of %d states are connected and make the model; %.3g %% of the counted pairs lie elsewhere%s%s",
        x->lag, others, x->n, r->space.n, 100 * x->discarded_fraction, n > 0 ? ": left out are " : "", names);
  }
  if (negative >= 0) {
    const msm_model *x = &r->model[negative];
    repeated(others, sizeof others, more[1]);
    msm_result_tell(
        &to, "lag %g%s: no relaxation time can be given for %d of %d processes: negative eigenvalues (marked (-))",
        x->lag, others, negatives(x), x->ntimescales);
  }
  if (fast >= 0) {
    const msm_model *x = &r->model[fast];
    repeated(others, sizeof others, more[3]);
    msm_result_tell(
        &to,
        "lag %g%s: the rates of %d of %d processes are too fast for counts at this lag to tell; take a shorter one",
        x->lag, others, too_fast(x), x->ntimescales);
  }
  if (differ >= 0) {
    const msm_model *x = &r->model[differ];
    repeated(others, sizeof others, more[2]);
    msm_result_tell(
        &to,
        "lag %g%s: the copies of a site in the supercell differ (spread %.2f times what chance between time "
        "blocks explains, %.1f standard "
        "errors); a longer run tells whether that lasts, %s",
        x->lag, others, x->fold.ratio, x->fold.z,
        r->folded ? "--fold no keeps them apart"
                  : "and --fold yes averages over them all the same: they are kept apart");
  }
  diffusion_warn(r, &to);
  fold_symmetry_warn(r, &to);
  const int trusted = msm_result_trusted(r);
  if (r->nmodels > 0 && !short_enough(r, 0))
    msm_result_tell(&to,
                    "lag %g: every lag is longer than a tenth of the run (%g), which holds too few independent pairs "
                    "of samples: ask for shorter ones",
                    r->model[0].lag, r->duration);
  if (trusted < r->nmodels)
    msm_result_tell(&to,
                    "lag %g%s: longer than a tenth of the run (%g), which holds too few independent pairs of samples: "
                    "shown, but neither reported nor compared with the others",
                    r->model[trusted].lag, (repeated(others, sizeof others, r->nmodels - 1 - trusted), others),
                    r->duration);
  if (r->nmodels > 1 && r->reported >= 0 && !r->plateau)
    msm_result_tell(
        &to,
        "no lag was found from which on D stays the same and the MSD agrees: ask for longer lags, or a longer run");
}
