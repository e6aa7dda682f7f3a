#include "core/operators/entry_shards.hpp"

#include <algorithm>

namespace tightrope {

namespace {

Rows both(Rows a, Rows b) {
  const Index begin = std::max(a.first, b.first), end = std::min(a.end(), b.end());
  return {begin, end > begin ? end - begin : 0};
}

}  // namespace

EntryShards::EntryShards(const EntryTiles& tiles, Real factor, const Team& team)
    : tiles_(tiles),
      factor_(factor),
      team_(team),
      ranks_(*team.ranks()),
      me_(ranks_.rank()),
      sharing_(std::min(ranks_.count(), tiles.plan_->strips)),
      first_row_(ranks_.leads() ? 0 : rows_of(me_).first) {
  const Ranks::Turn turn(ranks_);
  number_ = ranks_.join(*this);
}

EntryShards::~EntryShards() {
  ranks_.leave(number_);
  if (ranks_.leads() && !ranks_.are_over()) ranks_.ask({.kind = Request::forget, .shard = number_});
}

Rows EntryShards::rows_of(Index rank) const {
  const std::vector<Index>& first = tiles_.plan_->rows.first;
  const Index begin = first[first_strip(rank)];
  return {begin, first[first_strip(rank + 1)] - begin};
}

Rows EntryShards::columns_of(Index strip) const {
  const std::vector<Index>& first = tiles_.plan_->columns.first;
  return {first[strip], first[strip + 1] - first[strip]};
}

Request EntryShards::request_of(const Pass& pass, std::uint64_t shard) {
  const unsigned parts = static_cast<unsigned>(pass.predicts) | static_cast<unsigned>(pass.is_along_itself) << 1U |
                         static_cast<unsigned>(pass.to_left) << 2U | static_cast<unsigned>(pass.to_right) << 3U;
  return {pass.adds() ? Request::combine : Request::measure,
          shard,
          pass.rows.first,
          pass.rows.count,
          parts,
          pass.width,
          pass.width_along};
}

EntryShards::Pass EntryShards::pass_of(const Request& request) {
  const auto has = [&](unsigned part) { return (request.lanes >> part & 1U) != 0; };
  return {request.rows(), request.size, request.round, has(0), has(1), has(2), has(3)};
}

/// To each rank the records of its rows.
void EntryShards::spread_left(const Mat* left, Index width, EntryTiles::Records& to) {
  const EntryTiles::Side& rows = tiles_.plan_->rows;
  if (!ranks_.leads()) {
    const Index numbers = rows_of(me_).count * width;
    if (numbers > 0) ranks_.receive(0, to.grown(numbers), numbers * sizeof(Real));
    return;
  }
  Real* const records = to.grown(rows.places.size() * width);
  tiles_.pack_side(team_, left, rows, records, width);
  for (Index rank = 1; rank < sharing_; ++rank)
    if (const Rows theirs = rows_of(rank); theirs.count > 0)
      ranks_.send(rank, records + theirs.first * width, theirs.count * width * sizeof(Real));
}

void EntryShards::spread_right(const Mat* right, Index width, EntryTiles::Records& to) {
  const EntryTiles::Side& columns = tiles_.plan_->columns;
  const Index numbers = columns.places.size() * width;
  Real* const records = to.grown(numbers);
  if (ranks_.leads()) tiles_.pack_side(team_, right, columns, records, width);
  ranks_.broadcast(records, numbers * sizeof(Real));
}

Real EntryShards::run(const EntryTiles::Pass& of, Rows rows, const Block& block) {
  const Ranks::Turn turn(ranks_);
  const bool adds = of.along && (of.wanted.left || of.wanted.right);
  Pass pass{rows, 0, 0, of.at != nullptr, of.at && of.at == of.along, adds && of.wanted.left, adds && of.wanted.right};
  const auto width_of = [](Index k) { return (k + entries::group - 1) / entries::group * entries::group; };
  if (of.at) pass.width = width_of(of.at->rank());
  if (adds) pass.width_along = width_of(pass.to_left ? of.along->right.n_cols : of.along->left.n_cols);
  ranks_.ask(request_of(pass, number_));
  if (pass.predicts) {
    spread_left(&of.at->left, pass.width, left_);
    spread_right(&of.at->right, pass.width, right_);
  }
  if (pass.to_right && !pass.is_along_itself) spread_left(&of.along->left, pass.width_along, left_along_);
  if (pass.to_left && !pass.is_along_itself) spread_right(&of.along->right, pass.width_along, right_along_);
  const Real value = go(pass, block);
  const EntryTiles::Plan& plan = *tiles_.plan_;
  if (pass.to_left) tiles_.unpack_side(team_, to_left_.grown(0), pass.width_along, plan.rows, of.gradient->left);
  if (pass.to_right) tiles_.unpack_side(team_, to_right_.grown(0), pass.width_along, plan.columns, of.gradient->right);
  return value;
}

void EntryShards::serve(const Request& request) {
  if (request.kind == Request::read) {
    std::vector<Index> indices(request.count);
    ranks_.broadcast(indices.data(), indices.size() * sizeof(Index));
    const std::vector<entries::Key> keys = own_keys(indices);
    if (!keys.empty()) ranks_.send(0, keys.data(), keys.size() * sizeof(entries::Key));
    return;
  }
  const Pass pass = pass_of(request);
  if (pass.predicts) {
    spread_left(nullptr, pass.width, left_);
    spread_right(nullptr, pass.width, right_);
  }
  if (pass.to_right && !pass.is_along_itself) spread_left(nullptr, pass.width_along, left_along_);
  if (pass.to_left && !pass.is_along_itself) spread_right(nullptr, pass.width_along, right_along_);
  go(pass, {});
}

/// This rank's share of a pass; the sum of the values, at the leader.
Real EntryShards::go(const Pass& pass, const Block& block) {
  const EntryTiles::Plan& plan = *tiles_.plan_;
  const auto cleared = [](EntryTiles::Records& records, Index numbers) {
    std::fill_n(records.grown(numbers), numbers, 0.0);
  };
  if (pass.to_left)
    cleared(to_left_, (ranks_.leads() ? plan.rows.places.size() : rows_of(me_).count) * pass.width_along);
  if (pass.to_right) cleared(to_right_, plan.columns.places.size() * pass.width_along);
  values_.assign(tiles_.cells(), 0.0);
  // The steps from the first to the last that have some of the rows.
  const Index steps = tiles_.tasks() / plan.strips;
  Index begin = 0, end = steps;
  while (begin < end && both(tiles_.entries_of(begin, 0, plan.strips), pass.rows).count == 0) ++begin;
  while (begin < end && both(tiles_.entries_of(end - 1, 0, plan.strips), pass.rows).count == 0) --end;
  for (Index step = begin; step < end; ++step) {
    if (pass.predicts) predict(pass, step);
    weigh(pass, step, block);
    if (pass.adds()) add(pass, step);
    if (pass.to_right && step + 1 < end) hand_on(pass, step);
  }
  if (begin < end) collect(pass, end - 1);
  Real value = 0;
  for (const Real of_cell : values_) value += of_cell;
  return value;
}

/// work(tile, its place, first, count) for the blocks of a task, as EntryTiles::run cuts them.
template <class Work>
void EntryShards::for_each_block(Index task, Rows rows, const Work& work) const {
  const Index tiles = tiles_.plan_->column_tiles;
  for (Index t = task * tiles; t < (task + 1) * tiles; ++t) {
    const EntryTiles::Tile at = tiles_.tile(t);
    if (both({at.first, at.end - at.first}, rows).count == 0) continue;
    for (Index begin = at.first; begin < at.end; begin += EntryTiles::block)
      if (const Rows some = both({begin, std::min(EntryTiles::block, at.end - begin)}, rows); some.count > 0)
        work(t, at, some.first, some.count);
  }
}

/// Predictions of this rank's entries of a step, in z_.
void EntryShards::predict(const Pass& pass, Index step) {
  const Rows own = both(entries_of(step, me_), pass.rows);
  z_.resize(own.count);
  team_.for_each_tile(first_strip(me_ + 1) - first_strip(me_), [&](Index strip) {
    for_each_block(step * tiles_.plan_->strips + first_strip(me_) + strip, pass.rows,
                   [&](Index tile, const EntryTiles::Tile& at, Index first, Index count) {
                     entries::predict(tiles_.keys_of(tile) + (first - at.first), count,
                                      {left_.grown(0) + (at.row_record - first_row_) * pass.width, nullptr, pass.width},
                                      {right_.grown(0) + at.column_record * pass.width, nullptr, pass.width},
                                      pass.width, factor_, z_.data() + (first - own.first));
                   });
  });
}

/// Predictions to the leader, slopes back into z_.
void EntryShards::weigh(const Pass& pass, Index step, const Block& block) {
  const Rows own = both(entries_of(step, me_), pass.rows);
  z_.resize(own.count);
  if (!ranks_.leads()) {
    if (own.count == 0) return;
    if (pass.predicts) ranks_.send(0, z_.data(), own.count * sizeof(Real));
    if (pass.adds()) ranks_.receive(0, z_.data(), own.count * sizeof(Real));
    return;
  }
  std::vector<Real> received;
  // The leader's own entries come last: their predictions are where their slopes are to be.
  for (Index i = 1; i <= sharing_; ++i) {
    const Index rank = i % sharing_, strip = first_strip(rank);
    const Rows some = both(entries_of(step, rank), pass.rows);
    if (some.count == 0) continue;
    const bool is_own = rank == me_;
    if (!is_own && pass.predicts) {
      received.resize(some.count);
      ranks_.receive(rank, received.data(), some.count * sizeof(Real));
    }
    const Real* const z = !pass.predicts ? nullptr : is_own ? z_.data() : received.data();
    slopes_.resize(some.count);
    team_.for_each_tile(first_strip(rank + 1) - strip, [&](Index s) {
      const Index task = step * tiles_.plan_->strips + strip + s;
      Real& value = values_[task % tiles_.cells()];
      for_each_block(task, pass.rows, [&](Index, const EntryTiles::Tile&, Index first, Index count) {
        const Index at = first - some.first;
        value += block(first, count, z ? z + at : nullptr, slopes_.data() + at);
      });
    });
    if (is_own)
      std::swap(z_, slopes_);
    else if (pass.adds())
      ranks_.send(rank, slopes_.data(), some.count * sizeof(Real));
  }
}

void EntryShards::add(const Pass& pass, Index step) {
  const Rows own = both(entries_of(step, me_), pass.rows);
  const Index width = pass.width_along;
  const Real* const left = (pass.is_along_itself ? left_ : left_along_).grown(0);
  const Real* const right = (pass.is_along_itself ? right_ : right_along_).grown(0);
  team_.for_each_tile(first_strip(me_ + 1) - first_strip(me_), [&](Index strip) {
    for_each_block(
        step * tiles_.plan_->strips + first_strip(me_) + strip, pass.rows,
        [&](Index tile, const EntryTiles::Tile& at, Index first, Index count) {
          const Index row = (at.row_record - first_row_) * width, column = at.column_record * width;
          entries::add(tiles_.keys_of(tile) + (first - at.first), count, z_.data() + (first - own.first),
                       {left ? left + row : nullptr, pass.to_left ? to_left_.grown(0) + row : nullptr, width},
                       {right ? right + column : nullptr, pass.to_right ? to_right_.grown(0) + column : nullptr, width},
                       width, factor_);
        });
  });
}

/// The gradient of a strip of columns to the rank that meets it next, that of another from the one that has met it.
void EntryShards::hand_on(const Pass& pass, Index step) {
  if (sharing_ == 1 || me_ >= sharing_) return;
  const Index strips = tiles_.plan_->strips, width = pass.width_along;
  const Rows given = columns_of((first_strip(me_) + step) % strips),
             got = columns_of((first_strip(me_ + 1) + step) % strips);
  const auto give = [&] {
    ranks_.send(before(me_), to_right_.grown(0) + given.first * width, given.count * width * sizeof(Real));
  };
  // Neighbours do not both wait for being heard.
  if (me_ % 2 == 0) give();
  ranks_.receive(after(me_), to_right_.grown(0) + got.first * width, got.count * width * sizeof(Real));
  if (me_ % 2 == 1) give();
}

/// Gradients to the leader.
void EntryShards::collect(const Pass& pass, Index last_step) {
  const Index strips = tiles_.plan_->strips, width = pass.width_along;
  for (Index rank = 1; rank < sharing_; ++rank) {
    if (!ranks_.leads() && rank != me_) continue;
    const auto take = [&](EntryTiles::Records& records, Rows rows, Index before_them) {
      Real* const numbers = records.grown(0) + (rows.first - before_them) * width;
      const std::size_t bytes = rows.count * width * sizeof(Real);
      if (bytes == 0) return;
      ranks_.leads() ? ranks_.receive(rank, numbers, bytes) : ranks_.send(0, numbers, bytes);
    };
    if (pass.to_left) take(to_left_, rows_of(rank), first_row_);
    for (Index strip = first_strip(rank); pass.to_right && strip < first_strip(rank + 1); ++strip)
      take(to_right_, columns_of((strip + last_step) % strips), 0);
  }
}

/// Keys of those of the entries that this rank has.
std::vector<entries::Key> EntryShards::own_keys(const std::vector<Index>& indices) const {
  std::vector<entries::Key> keys;
  auto next = indices.begin();
  for (Index t = 0; t + 1 < tiles_.first_.size(); ++t) {
    const auto end = std::lower_bound(next, indices.end(), tiles_.first_[t + 1]);
    const Index strip = t / tiles_.plan_->column_tiles % tiles_.plan_->strips;
    if (strip >= first_strip(me_) && strip < first_strip(me_ + 1))
      for (; next != end; ++next) keys.push_back(tiles_.keys_of(t)[*next - tiles_.first_[t]]);
    next = end;
  }
  return keys;
}

EntryTiles EntryShards::part(const std::vector<Index>& indices) {
  const Ranks::Turn turn(ranks_);
  ranks_.ask({.kind = Request::read, .shard = number_, .count = indices.size()});
  std::vector<Index> sent = indices;
  ranks_.broadcast(sent.data(), sent.size() * sizeof(Index));
  // How many there are of each rank, and where among them each is.
  const Index strips = tiles_.plan_->strips, steps = tiles_.tasks() / strips;
  const auto for_each_share = [&](const auto& work) {
    auto next = indices.begin();
    for (Index step = 0; step < steps; ++step)
      for (Index rank = 0; rank < sharing_; ++rank) {
        const auto end = std::lower_bound(next, indices.end(), entries_of(step, rank).end());
        work(rank, end - next);
        next = end;
      }
  };
  std::vector<std::vector<entries::Key>> of_rank(sharing_);
  std::vector<std::ptrdiff_t> counts(sharing_, 0), taken(sharing_, 0);
  for_each_share([&](Index rank, std::ptrdiff_t count) { counts[rank] += count; });
  of_rank[0] = own_keys(indices);
  for (Index rank = 1; rank < sharing_; ++rank) {
    of_rank[rank].resize(static_cast<std::size_t>(counts[rank]));
    if (counts[rank] > 0) ranks_.receive(rank, of_rank[rank].data(), of_rank[rank].size() * sizeof(entries::Key));
  }
  std::vector<entries::Key> keys;
  keys.reserve(indices.size());
  for_each_share([&](Index rank, std::ptrdiff_t count) {
    const auto begin = of_rank[rank].begin() + taken[rank];
    keys.insert(keys.end(), begin, begin + count);
    taken[rank] += count;
  });
  return tiles_.part(indices, std::move(keys));
}

}  // namespace tightrope
