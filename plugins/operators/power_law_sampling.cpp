// Matrix completion of entries as ratings have them: A(X)_i = X_{a_i b_i}/√p, p = m/(n1 n2), where a few rows and
// columns have most of the m entries (Meka, Jain & Dhillon, NIPS 2009). Row i has the share ((i+1)/n1)^{1/g} −
// (i/n1)^{1/g} of the entries, its columns are ⌊n2 u^g⌋ for uniform u, each once: degrees fall like i^{1/g − 1}. No row
// has more than half of its entries.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

struct Options {
  Index count = 0, skew = 2;
  std::string normalization = "average";
  void declare(Parameters& p) {
    p.add("count", count, at_least(1), "number m of entries; those beyond half of a row are left out")
        .required()
        .example("120");
    p.add("skew", skew, between(1, 4),
          "g, which is 1, 2 or 4: the degree of the i-th row, and of the i-th column, falls like i^{1/g − 1}");
    p.add(
        "normalization", normalization, {"average", "none"},
        "average: entries over √p, so that E‖A(X)‖² = ‖X‖_F² for X whose rows are alike, and whose columns are; none: "
        "as they are");
  }
};

class PowerLawSampling final : public EntryOperator {
 public:
  using Options = ::Options;
  PowerLawSampling(const Options& options, const Context& context)
      : PowerLawSampling(options, context, tiles_of(options, context)) {}

 private:
  PowerLawSampling(const Options& options, const Context& context, EntryTiles tiles)
      : PowerLawSampling(context, tiles,
                         options.normalization == "none" ? 1
                                                         : std::sqrt(static_cast<Real>(context.shape.entries()) /
                                                                     static_cast<Real>(tiles.size()))) {}
  PowerLawSampling(const Context& context, EntryTiles& tiles, Real factor)
      : EntryOperator(std::move(tiles), factor, context.team) {}

  static EntryTiles tiles_of(const Options& options, const Context& context) {
    if (context.shape.cols < 2) throw Unsuitable("needs at least two columns");
    if (options.skew == 3) throw Unsuitable("needs a skew of 1, 2 or 4, of which roots are square roots");
    EntryTiles tiles(context.shape, options.count, context.team->ranks());
    for_each_entry(options, context, [&](Index a, Index b) { tiles.count(a, b); });
    tiles.allocate();
    for_each_entry(options, context, [&](Index a, Index b) { tiles.place(a, b); });
    tiles.sort(*context.team, nullptr);
    if (tiles.size() == 0) throw Unsuitable("sees no entry: take a larger 'count'");
    return tiles;
  }

  /// The same entries whenever it is asked: row i draws from a stretch of the stream of its own.
  template <class Work>
  static void for_each_entry(const Options& options, const Context& context, const Work& work) {
    const auto [rows, cols] = context.shape;
    const int roots = options.skew == 1 ? 0 : options.skew == 2 ? 1 : 2;
    const auto entries_before = [&, n = static_cast<Real>(rows)](Index row) {
      Real share = static_cast<Real>(row) / n;
      for (int i = 0; i < roots; ++i) share = std::sqrt(share);
      return static_cast<Index>(static_cast<Real>(options.count) * share);
    };
    std::vector<bool> taken(cols, false);
    std::vector<Index> chosen;
    Real uniform[256];
    for (Index row = 0; row < rows; ++row) {
      const Index wanted = std::min(entries_before(row + 1) - entries_before(row), cols / 2);
      chosen.clear();
      for (Index drawn = 0; chosen.size() < wanted; ++drawn) {
        if (drawn % 256 == 0) context.stream.fill_uniform((row << 32U) + drawn, uniform);
        Real u = uniform[drawn % 256];
        for (int i = 0; i < roots; ++i) u *= u;
        const Index column = std::min(static_cast<Index>(u * static_cast<Real>(cols)), cols - 1);
        if (taken[column]) continue;
        taken[column] = true;
        chosen.push_back(column);
        work(row, column);
      }
      for (const Index column : chosen) taken[column] = false;
    }
  }
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, PowerLawSampling, "power_law_sampling",
                 "entries of which a few rows and columns have most (ratings)", "meka2009")
