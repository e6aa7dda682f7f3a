// Matrix completion from a file of ratings: A(X)_i = X_{a_i b_i}/√p for the m entries that the file lists, p = m/(n1
// n2), with their values over √p as the data y (Koren, Bell & Volinsky, Computer 42(8), 2009, on what such data are).
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

class EntriesFile final : public EntryOperator {
 public:
  struct Options {
    std::string path, normalization = "isotropic";
    Index first_index = 1;
    void declare(Parameters& p) {
      p.add_file(
           "path", path,
           "a line for each entry, `row column value`, separated by blanks, commas, semicolons or `::`, with "
           "anything behind it left out; a MatrixMarket file of coordinates; or what `tightrope pack` made of one")
          .required()
          .of_entries();
      p.add("first_index", first_index, between(0, 1),
            "number of the first row and of the first column; of a MatrixMarket file it is 1");
      p.add("normalization", normalization, {"isotropic", "none"},
            "isotropic: entries and values over √p, so that E‖A(X)‖² = ‖X‖_F²; none: as they are");
    }
  };

  EntriesFile(const Options& options, const Context& context)
      : EntriesFile(options, context, read_entries(options.path, options.first_index, context.shape, *context.team)) {}

  const Vec* own_data() const override { return &values_; }

 private:
  EntriesFile(const Options& options, const Context& context, EntryList list)
      : EntriesFile(options, context, list, factor_of(options, list)) {}
  EntriesFile(const Options& options, const Context& context, EntryList& list, Real factor)
      : EntryOperator(std::move(list.tiles), factor, context.team), values_(std::move(list.values)) {
    if (!list.factor) values_ *= factor;
    amend_note(options.path, list.description);
    if (list.empty_rows + list.empty_columns > 0)
      context.warn("has no entry in " + std::to_string(list.empty_rows) + " of " + std::to_string(rows()) +
                   " rows and in " + std::to_string(list.empty_columns) + " of " + std::to_string(cols()) +
                   " columns; nothing is learnt of these");
  }

  static Real factor_of(const Options& options, const EntryList& list) {
    const Real factor = options.normalization == "none" ? 1 : isotropic_factor(list);
    if (list.factor && *list.factor != factor)
      throw Unsuitable("has values that were packed with another normalization");
    return factor;
  }

  Vec values_;
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, EntriesFile, "entries_file", "entries and their values from a file of ratings",
                 "koren2009")
