/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dimension of jump networks: rings, channels, layers, three directions, interpenetrating copies, and the jump that
 * each dimension hangs on. */
#include "bootstrap.h"
#include "percolation.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define OK(call)                                                                                                       \
  do {                                                                                                                 \
    lisi_error err_ = {0};                                                                                             \
    lisi_error *err = &err_;                                                                                           \
    if ((call) != LISI_OK)                                                                                             \
      fail_msg("%s", err_.message);                                                                                    \
  } while (0)

static void make(int n, size_t ne, const network_edge *edge, network *net) {
  state_space space;
  OK(state_space_new(n, true, &space, err));
  for (int a = 0; a < 3; a++)
    space.cell[a][a] = 3;
  OK(network_make(&space, 1, ne, edge, "test", net, err));
  state_space_free(&space);
}

static percolation find(int n, size_t ne, const network_edge *edge) {
  network net;
  percolation r;
  make(n, ne, edge, &net);
  OK(percolation_find(&net, NULL, &r, err));
  network_free(&net);
  return r;
}

static void known(void **state) {
  (void)state;
  /* a ring inside the cell, and one that is closed over the border of the cell all the same */
  const network_edge ring[] = {{0, 1, {0, 0, 0}, .1}, {1, 2, {1, 0, 0}, .1}, {2, 0, {-1, 0, 0}, .1}};
  percolation r = find(3, 3, ring);
  assert_int_equal(r.dimension, 0);
  assert_int_equal(r.nparts, 1);
  /* a chain along b over two sites */
  const network_edge chain[] = {{0, 1, {0, 0, 0}, .1}, {1, 0, {0, 1, 0}, .02}};
  r = find(2, 2, chain);
  assert_int_equal(r.dimension, 1);
  assert_int_equal(r.axis[0][1], 1);
  assert_true(r.axis[0][0] == 0 && r.axis[0][2] == 0);
  assert_true(r.threshold[0] == .02 && r.threshold[1] == 0);
  assert_true(r.edge[0].i == 1 && r.edge[0].j == 0 && r.edge[0].r[1] == 1);
  /* layers, with one more site that hangs nowhere */
  const network_edge layer[] = {{0, 0, {1, 0, 0}, .1}, {0, 0, {1, 1, 0}, .03}};
  r = find(2, 2, layer);
  assert_int_equal(r.dimension, 2);
  assert_int_equal(r.nparts, 2);
  assert_true(r.threshold[0] == .1 && r.threshold[1] == .03);
  /* three directions, the third rare; one simple cubic net */
  const network_edge cubic[] = {{0, 0, {1, 0, 0}, .1}, {0, 0, {0, 1, 0}, .05}, {0, 0, {0, 0, -1}, .001}};
  r = find(1, 3, cubic);
  assert_int_equal(r.dimension, 3);
  assert_int_equal(r.nets, 1);
  assert_true(r.threshold[2] == .001);
  /* only face diagonals: every second cell is never reached, two nets; only (2,0,0), (0,3,0), (0,0,1): six */
  const network_edge faces[] = {{0, 0, {1, 1, 0}, .1}, {0, 0, {0, 1, 1}, .1}, {0, 0, {1, 0, 1}, .1}};
  r = find(1, 3, faces);
  assert_int_equal(r.dimension, 3);
  assert_int_equal(r.nets, 2);
  const network_edge wide[] = {{0, 0, {2, 0, 0}, .1}, {0, 0, {0, 3, 0}, .1}, {0, 0, {0, 0, 1}, .1}};
  assert_int_equal(find(1, 3, wide).nets, 6);
  /* two parts of different dimension: the better one counts */
  const network_edge two[] = {{0, 0, {1, 0, 0}, .1}, {1, 1, {0, 1, 0}, .2}, {1, 1, {0, 0, 1}, .1}};
  r = find(2, 3, two);
  assert_int_equal(r.dimension, 2);
  assert_int_equal(r.nparts, 2);
  assert_true(r.axis[0][1] == 1 && r.axis[1][2] == 1);
  /* nothing moves */
  r = find(2, 0, NULL);
  assert_int_equal(r.dimension, 0);
  assert_int_equal(r.nparts, 2);
}

/* Which images of site 0 a walk reaches within a box, against the lattice: the rank and, in three dimensions, the share
 * of images. Random networks; then again with the sites moved to other cells, which changes every R and nothing else.
 */
static void random_networks(void **state) {
  (void)state;
  lisi_rng rng;
  lisi_rng_seed(&rng, 7);
  int seen[4] = {0};
  for (int trial = 0; trial < 400; trial++) {
    enum { MOST = 6, BOX = 6, SIDE = 2 * BOX + 1 };
    const int n = 1 + lisi_rng_below(&rng, MOST), ne = n - 1 + lisi_rng_below(&rng, 6);
    network_edge edge[3 * MOST], moved[3 * MOST];
    int shift[MOST][3];
    for (int i = 0; i < n; i++) {
      for (int a = 0; a < 3; a++)
        shift[i][a] = lisi_rng_below(&rng, 7) - 3;
    }
    for (int e = 0; e < ne; e++) {
      /* the first n - 1 join all sites */
      edge[e] = (network_edge){
          e < n - 1 ? e : lisi_rng_below(&rng, n), e < n - 1 ? e + 1 : lisi_rng_below(&rng, n), {0, 0, 0}, .01};
      for (int a = 0; a < 3; a++)
        edge[e].r[a] = lisi_rng_below(&rng, 3) - 1;
      moved[e] = edge[e];
      for (int a = 0; a < 3; a++)
        moved[e].r[a] += shift[moved[e].j][a] - shift[moved[e].i][a];
    }
    const percolation r = find(n, (size_t)ne, edge), same = find(n, (size_t)ne, moved);
    assert_int_equal(r.dimension, same.dimension);
    assert_int_equal(r.nets, same.nets);
    assert_memory_equal(r.axis, same.axis, sizeof r.axis);
    seen[r.dimension]++;
    /* flood from (site 0, cell 0), with room for detours */
    enum { ROOM = 12, WIDE = 2 * ROOM + 1 };
    char *mark = calloc((size_t)n * WIDE * WIDE * WIDE, 1);
    int(*queue)[4] = malloc((size_t)n * WIDE * WIDE * WIDE * sizeof *queue);
    size_t head = 0, tail = 0;
#define AT(s, x)                                                                                                       \
  mark[(((size_t)(s)*WIDE + (size_t)((x)[0] + ROOM)) * WIDE + (size_t)((x)[1] + ROOM)) * WIDE + (size_t)((x)[2] + ROOM)]
    int start[4] = {0, 0, 0, 0};
    AT(0, start + 1) = 1;
    memcpy(queue[tail++], start, sizeof start);
    while (head < tail) {
      const int *at = queue[head++];
      for (int e = 0; e < ne; e++) {
        for (int way = 0; way < 2; way++) {
          if ((way == 0 ? edge[e].i : edge[e].j) != at[0])
            continue;
          int to[4] = {way == 0 ? edge[e].j : edge[e].i, 0, 0, 0};
          bool in = true;
          for (int a = 0; a < 3; a++) {
            to[a + 1] = at[a + 1] + (way == 0 ? 1 : -1) * edge[e].r[a];
            in = in && abs(to[a + 1]) <= ROOM;
          }
          if (in && !AT(to[0], to + 1)) {
            AT(to[0], to + 1) = 1;
            memcpy(queue[tail++], to, sizeof to);
          }
        }
      }
    }
    /* every image that was reached lies in the lattice: eliminate with its echelon rows */
    for (size_t k = 0; k < tail; k++) {
      if (queue[k][0] != 0)
        continue;
      int v[3] = {queue[k][1], queue[k][2], queue[k][3]};
      for (int row = 0; row < r.dimension; row++) {
        int column = 0;
        while (r.axis[row][column] == 0)
          column++;
        assert_int_equal(v[column] % r.axis[row][column], 0);
        const int q = v[column] / r.axis[row][column];
        for (int a = 0; a < 3; a++)
          v[a] -= q * r.axis[row][a];
      }
      assert_true(v[0] == 0 && v[1] == 0 && v[2] == 0);
    }
    /* and the rows themselves are reached, where they fit */
    for (int row = 0; row < r.dimension; row++) {
      if (abs(r.axis[row][0]) <= 3 && abs(r.axis[row][1]) <= 3 && abs(r.axis[row][2]) <= 3)
        assert_true(AT(0, r.axis[row]));
    }
    free(mark);
    free(queue);
  }
  for (int d = 0; d < 4; d++)
    assert_true(seen[d] >= 10);
}

static void far_jump(void **state) {
  (void)state;
  const network_edge edge = {0, 0, {2000000, 0, 0}, .1};
  network net;
  make(1, 1, &edge, &net);
  percolation r;
  lisi_error err = {0};
  assert_int_equal(percolation_find(&net, NULL, &r, &err), LISI_ERR_INPUT);
  network_free(&net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known),
      cmocka_unit_test(random_networks),
      cmocka_unit_test(far_jump),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
