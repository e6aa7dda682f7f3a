// Groups of entries, compiled once per instruction set and chosen at run time.
#include <cstring>

#include "core/operators/entry_tiles.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/operators/entry_groups.cpp"
#include <hwy/foreach_target.h>  // compiles this file once per instruction set

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tightrope::entries::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::ScalableTag<std::uint64_t>;

/// What entry_tiles.cpp calls mixed().
HWY_INLINE hn::Vec<Words> mixed(hn::Vec<Words> x) {
  const Words d;
  x = hn::Add(x, hn::Set(d, 0x9e3779b97f4a7c15));
  x = hn::Mul(hn::Xor(x, hn::ShiftRight<30>(x)), hn::Set(d, 0xbf58476d1ce4e5b9));
  x = hn::Mul(hn::Xor(x, hn::ShiftRight<27>(x)), hn::Set(d, 0x94d049bb133111eb));
  return hn::Xor(x, hn::ShiftRight<31>(x));
}

/// `words`: two for each entry, row and column in the first one.
void Groups(const std::uint64_t* words, std::size_t count, std::uint8_t* to) {
  const Words d;
  const hn::Rebind<std::uint8_t, Words> bytes;
  const std::size_t lanes = hn::Lanes(d);
  const auto groups_of = [&](const std::uint64_t* from) {
    hn::Vec<Words> places, values;
    hn::LoadInterleaved2(d, from, places, values);
    const auto seven = hn::Set(d, 7);
    const auto a = mixed(hn::And(places, hn::Set(d, 0xffffffff))), b = mixed(hn::ShiftRight<32>(places));
    return hn::Or(hn::ShiftLeft<3>(hn::And(hn::Sub(b, a), seven)), hn::And(a, seven));
  };
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(hn::TruncateTo(bytes, groups_of(words + 2 * i)), bytes, to + i);
  if (i == count) return;
  HWY_ALIGN std::uint64_t last[2 * hn::MaxLanes(d)] = {};
  std::memcpy(last, words + 2 * i, (count - i) * sizeof(ListedEntry));
  HWY_ALIGN std::uint8_t found[hn::MaxLanes(d)];
  hn::StoreU(hn::TruncateTo(bytes, groups_of(last)), bytes, found);
  std::memcpy(to + i, found, count - i);
}

}  // namespace tightrope::entries::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tightrope {

namespace entries {
HWY_EXPORT(Groups);
}

void EntryTiles::groups_of(std::span<const ListedEntry> some, std::uint8_t* to) {
  static_assert(groups == 64 && least_strips == 8 && sizeof(ListedEntry) == 16);
  using namespace entries;
  HWY_DYNAMIC_DISPATCH(Groups)(reinterpret_cast<const std::uint64_t*>(some.data()), some.size(), to);
}

}  // namespace tightrope
#endif
