/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reverse sweep over the products of an element turned round: for each value the list of what it gets, tile by
 * tile; see ace_kokkos_tiles.hpp. */
#ifndef LISI_ACE_KOKKOS_GIFTS_HPP
#define LISI_ACE_KOKKOS_GIFTS_HPP

#include "ace_product.h"

#include <algorithm>
#include <map>
#include <vector>

namespace lisi {

enum { KOKKOS_TILE = 32 };

/* What a value gets from a member of the tile with P and S. The first three: as Q of a term, whose number stands in
 * `from`. The others: as a factor, the other one being at `from`. */
enum {
  KOKKOS_TERM_REAL = 0,   /* w Re P */
  KOKKOS_TERM,            /* w conj P */
  KOKKOS_TERM_CONJ,       /* w P */
  KOKKOS_SAME_REAL,       /* Re S */
  KOKKOS_SAME,            /* S */
  KOKKOS_REAL_BY_REAL,    /* S y */
  KOKKOS_COMPLEX_BY_REAL, /* S y */
  KOKKOS_REAL_BY_COMPLEX, /* Re(S conj y) */
  KOKKOS_ABSOLUTE,        /* 2 Re S x */
  KOKKOS_BY_CONJ,         /* S conj y */
  KOKKOS_BY_VALUE,        /* S y */
  KOKKOS_CONJ_BY_VALUE    /* conj S x */
};

struct KokkosGift {
  uint32_t op, from; /* op: 256 times the member of the tile, plus one of the above */
};

/* A value that gets something from a tile. */
struct KokkosTarget {
  uint32_t place, first, count; /* gift[first] .. */
  int complex;
};

/* `count` groups (or products of the ones that are kept) from `first` on. */
struct KokkosTile {
  int products, complex; /* complex: the products */
  uint32_t first, count, target, ntargets;
};

/* A group of terms, as its run and its place in the lists have it. */
struct KokkosGroup {
  uint32_t x, y, first, terms;
  int kind, variety;
};

struct KokkosReverse {
  std::vector<KokkosGroup> group;
  std::vector<KokkosTile> tile;
  std::vector<KokkosTarget> target;
  std::vector<KokkosGift> gift;
};

/* Builds the lists from a product whose places count values. */
class KokkosReverseBuilder {
public:
  explicit KokkosReverseBuilder(const ace_product &product) : p(product) {
    list_groups();
    for (uint32_t at = 0; at < p.ngroup; at += KOKKOS_TILE)
      groups_tile(at, std::min((uint32_t)KOKKOS_TILE, p.ngroup - at));
    uint32_t end = p.nkept;
    for (uint32_t r = p.nrun; r-- > 0;) {
      const uint32_t begin = end - p.run[r].count;
      for (uint32_t at = begin; at < end; at += KOKKOS_TILE)
        products_tile(p.run[r].kind, at, std::min((uint32_t)KOKKOS_TILE, end - at));
      end = begin;
    }
  }
  const KokkosReverse &result() const { return out; }

private:
  const ace_product &p;
  KokkosReverse out;
  std::map<uint32_t, std::vector<KokkosGift>> gifts; /* of the tile under way, by place */

  void list_groups() {
    uint32_t at = 0, term = 0;
    for (uint32_t r = 0; r < p.ngrouprun; r++)
      for (uint32_t k = 0; k < p.grouprun[r].count; k++, at++) {
        const ace_run &run = p.grouprun[r];
        out.group.push_back({p.gx[at], p.gy[at], term, run.terms, (int)run.kind, (int)run.variety});
        term += run.terms;
      }
  }

  void give(uint32_t to, uint32_t member, uint32_t op, uint32_t from) { gifts[to].push_back({member << 8 | op, from}); }

  void factors(ace_product_kind kind, uint32_t member, uint32_t x, uint32_t y) {
    switch (kind) {
    case ACE_VALUE:
      give(x, member, KOKKOS_SAME, x);
      break;
    case ACE_REAL_VALUE:
      give(x, member, KOKKOS_SAME_REAL, x);
      break;
    case ACE_RR:
      give(x, member, KOKKOS_REAL_BY_REAL, y);
      give(y, member, KOKKOS_REAL_BY_REAL, x);
      break;
    case ACE_RC:
      give(x, member, KOKKOS_REAL_BY_COMPLEX, y);
      give(y, member, KOKKOS_COMPLEX_BY_REAL, x);
      break;
    case ACE_CC:
      give(x, member, KOKKOS_BY_CONJ, y);
      give(y, member, KOKKOS_BY_CONJ, x);
      break;
    case ACE_CJ:
      give(x, member, KOKKOS_BY_VALUE, y);
      give(y, member, KOKKOS_CONJ_BY_VALUE, x);
      break;
    case ACE_ABS:
      give(x, member, KOKKOS_ABSOLUTE, x);
      break;
    }
  }

  void groups_tile(uint32_t first, uint32_t count) {
    for (uint32_t n = 0; n < count; n++) {
      const KokkosGroup &g = out.group[first + n];
      const uint32_t op = g.variety == 0 ? KOKKOS_TERM_REAL : g.variety == 1 ? KOKKOS_TERM : KOKKOS_TERM_CONJ;
      for (uint32_t k = g.first; k < g.first + g.terms; k++)
        give(p.term[k], n, op, k);
      factors((ace_product_kind)g.kind, n, g.x, g.y);
    }
    close({0, 0, first, count, 0, 0});
  }

  void products_tile(ace_product_kind kind, uint32_t first, uint32_t count) {
    const bool complex = kind == ACE_RC || kind == ACE_CC || kind == ACE_CJ;
    for (uint32_t n = 0; n < count; n++)
      factors(kind, n, p.x[first + n], p.y[first + n]);
    close({1, complex, first, count, 0, 0});
  }

  static bool complex_op(uint32_t op) {
    return op != KOKKOS_TERM_REAL && op != KOKKOS_SAME_REAL && op != KOKKOS_REAL_BY_REAL &&
           op != KOKKOS_REAL_BY_COMPLEX;
  }

  /* Ends a tile. Those that get most come first, so that the threads end together; gifts of one kind stand together. */
  void close(KokkosTile tile) {
    tile.target = (uint32_t)out.target.size();
    tile.ntargets = (uint32_t)gifts.size();
    for (auto &to : gifts) {
      std::vector<KokkosGift> &list = to.second;
      std::stable_sort(list.begin(), list.end(),
                       [](const KokkosGift &a, const KokkosGift &b) { return (a.op & 255u) < (b.op & 255u); });
      bool complex = false;
      for (const KokkosGift &g : list)
        complex = complex || complex_op(g.op & 255u);
      out.target.push_back({to.first, (uint32_t)out.gift.size(), (uint32_t)list.size(), complex});
      out.gift.insert(out.gift.end(), list.begin(), list.end());
    }
    std::stable_sort(out.target.begin() + tile.target, out.target.end(),
                     [](const KokkosTarget &a, const KokkosTarget &b) { return a.count > b.count; });
    out.tile.push_back(tile);
    gifts.clear();
  }
};

} // namespace lisi

#endif
