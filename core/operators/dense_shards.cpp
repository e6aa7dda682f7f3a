#include "core/operators/dense_shards.hpp"

#include <algorithm>
#include <bit>

namespace tightrope {

namespace {

constexpr Index most_strips = 16, least_strip = 64;  // rows
// Entries of a round for each thread, in bytes: what its own cache keeps until the weights are there; or where these
// come over a network, whose answers take as long as reading megabytes, about the thread's part of a shared cache.
constexpr Index near_round_bytes = 1 << 19, far_round_bytes = 8 << 20;

}  // namespace

RowStrips::RowStrips(Index first, Index last, bool long_rows)
    : begin(first),
      end(last),
      strips(long_rows ? 1 : std::bit_floor(std::clamp<Index>((last - first) / least_strip, 1, most_strips))) {}

Index RowStrips::first_row(Index strip) const {
  const Index units = (end - begin + sign_group - 1) / sign_group;
  return std::min(end, begin + part_begin(units, strips, strip) * sign_group);
}

Index DenseOperator::parts() const {
  return has_long_rows(entries_) ? (entries_ + long_row_chunk - 1) / long_row_chunk
                                 : RowStrips(0, measurements(), false).strips;
}

DenseOperator::Shards::Shards(const DenseOperator& whole, Ranks& ranks, const MakeStore& make_store)
    : whole_(whole),
      ranks_(ranks),
      place_((ranks.rank() + ranks.count() - 1) % ranks.count()),
      by_columns_(has_long_rows(whole.entries_)) {
  const Ranks::Turn turn(ranks_);
  number_ = ranks_.join(*this);
  const Index begin = part_begin_at(place_), size = part_begin_at(place_ + 1) - begin;
  rows_ = by_columns_ ? Rows{0, whole_.measurements()} : Rows{begin, size};
  column_ = by_columns_ ? begin : 0;
  columns_ = by_columns_ ? size : whole_.entries_;
  padded_ = (columns_ + 7) / 8 * 8;
  store_ = make_store(rows_, column_, columns_);
  bytes_ = columns_ == 0 ? 0 : store_->bytes();
  // Nobody goes on before all have their parts.
  if (!ranks_.leads()) ranks_.send(0, &bytes_, sizeof bytes_);
  for (Index rank = 1; ranks_.leads() && rank < ranks_.count(); ++rank) {
    std::uint64_t others = 0;
    ranks_.receive(rank, &others, sizeof others);
    bytes_ += others;
  }
}

DenseOperator::Shards::~Shards() {
  ranks_.leave(number_);
  if (ranks_.leads() && !ranks_.are_over()) ranks_.ask({.kind = Request::forget, .shard = number_});
}

Index DenseOperator::Shards::part_begin_at(Index place) const {
  const Index ranks = ranks_.count(), parts = whole_.parts();
  const Index part = place == ranks ? parts : part_begin(parts, ranks, place);
  if (by_columns_) return std::min(whole_.entries_, long_row_chunk * part);
  return RowStrips(0, whole_.measurements(), false).first_row(part);
}

/// Those of the rows that are there.
Rows DenseOperator::Shards::rows_at(Index place, Rows rows) const {
  const Index begin = std::max(rows.first, part_begin_at(place)), end = std::min(rows.end(), part_begin_at(place + 1));
  return {begin, end > begin ? end - begin : 0};
}

/// The rows with those that share bytes with them.
Rows DenseOperator::Shards::whole_groups(Rows rows) const {
  if (rows.count == 0) return rows;
  const Index unit = whole_.together_, begin = rows.first / unit * unit;
  return {begin, std::min(whole_.measurements(), (rows.end() + unit - 1) / unit * unit) - begin};
}

Rows DenseOperator::Shards::held_at(Index place, Rows rows) const {
  return whole_groups(by_columns_ ? rows : rows_at(place, rows));
}

Rows DenseOperator::Shards::round_at(Index place, const Pass& pass, Index round) const {
  const Rows held = held_at(place, pass.rows);
  const Index begin = std::min(held.end(), held.first + round * pass.round_rows);
  return {begin, std::min(pass.round_rows, held.end() - begin)};
}

std::vector<DenseOperator::Shards::Piece> DenseOperator::Shards::pieces_at(Index place, const RowStrips& strips) const {
  if (by_columns_) return {{strips.begin, strips.end, true, true}};
  std::vector<Piece> pieces;
  for (Index strip = 0; strip < strips.strips; ++strip) {
    const Index first = strips.first_row(strip), last = strips.first_row(strip + 1);
    const Rows here = rows_at(place, {first, last - first});
    if (here.count > 0) pieces.push_back({here.first, here.end(), here.first == first, here.end() == last});
  }
  return pieces;
}

DenseOperator::Shards::Pass DenseOperator::Shards::pass_of(const Request& request) const {
  const Index width = store_->lane_width(request.lanes);
  return {request.lanes,
          width,
          (request.lanes + width - 1) / width,
          request.rows(),
          request.round,
          request.size > 0,
          request.kind == Request::combine};
}

/// Rows of a round: what all threads of the leader have room for.
Index DenseOperator::Shards::round_rows() const {
  const Index bits = whole_.layout_.storage == Storage::generated ? 64 : bits_per_entry(whole_.layout_.storage);
  const Index of_row = 1 + whole_.entries_ * bits / 8 / (by_columns_ ? ranks_.count() : 1);
  const Index bytes = ranks_.on_this_machine() == ranks_.count() ? near_round_bytes : far_round_bytes;
  return std::max<Index>(1, bytes * whole_.team_->threads() / of_row / sign_group) * sign_group;
}

/// Rows that a sweep takes at a time: many, so that gradients are written seldom, but some for each thread. What a
/// store makes of a block has its own size.
Index DenseOperator::Shards::block_rows(const Pass& pass) const {
  const Index own = std::min(most_block_rows, store_->block_rows(pass.lanes));
  if (own >= 24 || store_->scratch_bytes(pass.lanes) > 0) return own;
  return std::clamp(pass.round_rows / whole_.team_->threads() / own, Index{1}, 24 / own) * own;
}

void DenseOperator::Shards::set_matrices(const Pass& pass, std::span<const LowRank* const> X) {
  grown(x_, pass.groups * pass.width * padded_);
  whole_.team_->for_each_tile(pass.groups * pass.width, [&](Index l) {
    const LowRank& pair = *X[std::min(l, pass.lanes - 1)];  // lanes that fill up a group hold a copy
    Mat formed;
    if (!pair.right.is_empty()) formed = pair.left * pair.right.t();
    whole_.pack(pair.right.is_empty() ? pair.left : formed, column_, column_ + columns_, pass.width,
                x_.data() + l / pass.width * padded_ * pass.width + l % pass.width);
  });
}

/// This rank's share of a pass; the leader's `weigh` is that of all rows.
void DenseOperator::Shards::run(const Pass& pass, const Weigh& weigh) {
  const Rows held = held_at(place_, pass.rows), all = whole_groups(pass.rows);
  const RowStrips strips(all.first, all.end(), by_columns_);
  const Index size = pass.groups * padded_ * pass.width, places = ranks_.count();
  const std::vector<Piece> pieces = pieces_at(place_, strips);
  // Where a strip of a minibatch lies across two ranks the second one goes on with what the first one has.
  bool across = false;
  std::vector<Index> chain, holders;
  Index rounds = 0;
  for (Index place = 0; place < places; ++place) {
    rounds = std::max(rounds, (held_at(place, pass.rows).count + pass.round_rows - 1) / pass.round_rows);
    const std::vector<Piece> there = pieces_at(place, strips);
    if (there.empty()) continue;
    across = across || !there.front().begins;
    holders.push_back(rank_at(place));
    if (there.size() > 1 || there.front().ends) chain.push_back(rank_at(place));
  }
  if (pass.combines) {
    grown(gradients_, pieces.size() * size);
    std::fill_n(gradients_.data(), pieces.size() * size, 0.0);
    grown(x_, size);
    grown(weights_, held.count * pass.of_row());
    std::fill_n(weights_.data(), held.count * pass.of_row(), 0.0);
  }
  const Index block = block_rows(pass);
  grown(scratch_, 2 * ((pass.round_rows + block - 1) / block) * store_->scratch_bytes(pass.lanes));
  Round last, next;
  for (Index round = 0; round < rounds; ++round) {
    next.rows = round_at(place_, pass, round);
    next.is_kept = pass.measures;
    next.odd = round % 2;
    advance(pass, pieces, last, pass.measures ? next : Round{});
    exchange(pass, round, weigh);
    if (pass.combines && !across) last = next;
  }
  store_->check();
  if (!pass.combines) return;
  combine(pass, pieces, last);
  if (by_columns_) return gather_columns(pass);
  if (across && !pieces.empty()) {
    const auto me = std::find(holders.begin(), holders.end(), ranks_.rank());
    if (!pieces.front().begins) ranks_.receive(*(me - 1), gradients_.data(), size * sizeof(Real));
    combine(pass, pieces, {held, false, false});
    if (!pieces.back().ends)
      ranks_.send(*(me + 1), gradients_.data() + (pieces.size() - 1) * size, size * sizeof(Real));
  }
  if (ranks_.leads()) grown(total_, size);
  const Index complete = pieces.size() - (!pieces.empty() && !pieces.back().ends ? 1 : 0);
  OrderedSum(ranks_, chain, 0)
      .run(
          complete, [&](Index p) { return gradients_.data() + p * size; }, total_.data(), size);
}

/// Combines the rows of a round and measures those of the next one. A single thread does both at once, so that it reads
/// from memory while it adds what is in its cache.
void DenseOperator::Shards::advance(const Pass& pass, const std::vector<Piece>& pieces, const Round& last,
                                    const Round& next) {
  const bool at_once = whole_.team_->threads() == 1;
  if (!at_once) combine(pass, pieces, last);
  const Index width = pass.width, of_row = pass.of_row(), block = block_rows(pass);
  const Index chunks = by_columns_ ? (columns_ + long_row_chunk - 1) / long_row_chunk : 1,
              of_chunk = by_columns_ ? long_row_chunk : columns_;
  const Index rows = at_once ? std::max(last.rows.count, next.rows.count) : next.rows.count;
  const Index blocks = (rows + block - 1) / block;
  grown(sums_, chunks * next.rows.count * of_row);
  whole_.team_->for_each_tile(chunks * blocks, [&](Index tile) {
    const Index part = tile / blocks, b = tile % blocks;
    const Index column = part * of_chunk, end = std::min(columns_, column + of_chunk);
    Real* const sums = sums_of_chunk(pass, next.rows, part) + b * block * of_row;
    const SweepRows dot = rows_of_block(pass, next, b);
    std::vector<Real> own(dot.count * of_row, 0.0);  // [group][row][lane of the group]
    sweep(pass, pieces, at_once ? last : Round{}, b, dot, column, end, own.data());
    for (Index g = 0; g < pass.groups; ++g)
      for (Index i = 0; i < dot.count; ++i)
        std::copy_n(own.data() + (g * dot.count + i) * width, width, sums + i * of_row + g * width);
  });
}

/// Combines the rows of a round, by threads that share the columns.
void DenseOperator::Shards::combine(const Pass& pass, const std::vector<Piece>& pieces, const Round& round) {
  const Index tiles = (columns_ + tile_columns - 1) / tile_columns, block = block_rows(pass);
  const Index shares = std::min<Index>(tiles, whole_.team_->threads());
  whole_.team_->for_each_tile(shares, [&](Index share) {
    const Index column = part_begin(tiles, shares, share) * tile_columns;
    const Index end = std::min(columns_, part_begin(tiles, shares, share + 1) * tile_columns);
    for (Index b = 0; b * block < round.rows.count; ++b) sweep(pass, pieces, round, b, {}, column, end, nullptr);
  });
}

/// What a sweep over a block of a round is given; of rows that are not made again, where they were made.
SweepRows DenseOperator::Shards::rows_of_block(const Pass& pass, const Round& round, Index b) {
  const Index block = block_rows(pass), blocks = (pass.round_rows + block - 1) / block;
  const Index first = std::min(round.rows.count, b * block);
  std::byte* const scratch = scratch_.data() + (round.odd ? blocks : 0) * store_->scratch_bytes(pass.lanes) +
                             (round.is_kept ? b : 0) * store_->scratch_bytes(pass.lanes);
  return {round.rows.first - rows_.first + first, std::min(block, round.rows.count - first), scratch, nullptr, false};
}

/// Adds the weighted rows of a block to the gradients of their pieces, and measures those of another.
void DenseOperator::Shards::sweep(const Pass& pass, const std::vector<Piece>& pieces, const Round& round, Index b,
                                  SweepRows dot, Index column, Index end, Real* sums) {
  const Index width = pass.width, of_row = pass.of_row(), held = held_at(place_, pass.rows).first;
  const SweepRows whole = rows_of_block(pass, round, b);
  std::vector<Real*> gradient(pass.groups);
  std::vector<const Real*> x(pass.groups);
  for (Index g = 0; g < pass.groups; ++g) x[g] = x_.data() + g * padded_ * width;
  std::vector<Real> slopes(whole.count * of_row);  // [group][row][lane of the group]
  const SweepLanes lanes{pass.groups, width, x.data(), gradient.data()};
  const Index first = rows_.first + whole.first;
  for (std::size_t p = 0; p < pieces.size() && whole.count > 0; ++p) {
    const Index begin = std::max(first, pieces[p].begin), stop = std::min(first + whole.count, pieces[p].end);
    if (begin >= stop) continue;
    SweepRows add = whole;
    add.first = begin - rows_.first;
    add.count = stop - begin;
    add.slopes = slopes.data();
    add.made = round.is_kept && begin == first;
    for (Index g = 0; g < pass.groups; ++g) {
      gradient[g] = gradients_.data() + (p * pass.groups + g) * padded_ * width;
      for (Index i = 0; i < add.count; ++i)
        std::copy_n(weights_.data() + (begin - held + i) * of_row + g * width, width,
                    slopes.data() + (g * add.count + i) * width);
    }
    store_->sweep(add, dot, column, end, lanes, sums);
    dot = {};
  }
  if (dot.count > 0) store_->sweep({}, dot, column, end, lanes, sums);
}

/// Inner products of a round to the leader, weights from it.
void DenseOperator::Shards::exchange(const Pass& pass, Index round, const Weigh& weigh) {
  const Index of_row = pass.of_row();
  const Rows here = round_at(place_, pass, round);
  const auto weights_at = [&](Rows rows) {
    return weights_.data() + (rows.first - held_at(place_, pass.rows).first) * of_row;
  };
  if (by_columns_) {
    if (pass.measures) {
      std::vector<Index> chain;
      for (Index place = 0; place < ranks_.count(); ++place)
        if (part_begin_at(place + 1) > part_begin_at(place)) chain.push_back(rank_at(place));
      if (ranks_.leads()) grown(total_, here.count * of_row);
      OrderedSum(ranks_, chain, 0)
          .run((columns_ + long_row_chunk - 1) / long_row_chunk,
               [&](Index part) { return sums_of_chunk(pass, here, part); }, total_.data(), here.count * of_row);
    }
    if (ranks_.leads()) weigh(here, of_row, total_.data(), pass.combines ? weights_at(here) : nullptr);
    if (pass.combines) ranks_.broadcast(weights_at(here), here.count * of_row * sizeof(Real));
    return;
  }
  const std::size_t bytes = here.count * of_row * sizeof(Real);
  if (!ranks_.leads()) {
    if (here.count == 0) return;
    if (pass.measures) ranks_.send(0, sums_.data(), bytes);
    if (pass.combines) ranks_.receive(0, weights_at(here), bytes);
    return;
  }
  for (Index place = 0; place < ranks_.count(); ++place) {
    const Rows there = round_at(place, pass, round);
    if (there.count == 0) continue;
    if (place == place_) {
      weigh(there, of_row, sums_.data(), pass.combines ? weights_at(there) : nullptr);
      continue;
    }
    const Index numbers = there.count * of_row;
    if (pass.measures) ranks_.receive(rank_at(place), grown(total_, numbers), numbers * sizeof(Real));
    std::vector<Real> weights(pass.combines ? numbers : 0);
    weigh(there, of_row, total_.data(), weights.data());
    if (pass.combines) ranks_.send(rank_at(place), weights.data(), numbers * sizeof(Real));
  }
}

/// The columns of all ranks side by side, in total_ of the leader.
void DenseOperator::Shards::gather_columns(const Pass& pass) {
  const Index whole_matrix = whole_.columns_ * pass.width;
  if (!ranks_.leads()) {
    if (columns_ > 0) ranks_.send(0, gradients_.data(), pass.groups * padded_ * pass.width * sizeof(Real));
    return;
  }
  grown(total_, pass.groups * whole_matrix);
  std::vector<Real> received;
  for (Index place = 0; place < ranks_.count(); ++place) {
    const Index begin = part_begin_at(place), numbers = (part_begin_at(place + 1) - begin + 7) / 8 * 8 * pass.width;
    if (numbers == 0) continue;
    if (place != place_)
      ranks_.receive(rank_at(place), grown(received, pass.groups * numbers), pass.groups * numbers * sizeof(Real));
    const Real* const from = place == place_ ? gradients_.data() : received.data();
    for (Index g = 0; g < pass.groups; ++g)
      std::copy_n(from + g * numbers, numbers, total_.data() + g * whole_matrix + begin * pass.width);
  }
}

void DenseOperator::Shards::pass(Index lanes, std::span<const LowRank* const> X, Rows rows, const Weigh& weigh,
                                 const Take& take) {
  const Ranks::Turn turn(ranks_);
  std::vector<Index> ranks;
  std::vector<Real> numbers;
  for (const LowRank* pair : X) {
    ranks.push_back(pair->right.is_empty() ? 0 : pair->rank());
    numbers.insert(numbers.end(), pair->left.begin(), pair->left.end());
    numbers.insert(numbers.end(), pair->right.begin(), pair->right.end());
  }
  const Request request{take ? Request::combine : Request::inner_products,
                        number_,
                        rows.first,
                        rows.count,
                        lanes,
                        numbers.size(),
                        round_rows()};
  const Pass own = pass_of(request);
  ranks_.ask(request);
  if (own.measures) {
    ranks_.broadcast(ranks.data(), ranks.size() * sizeof(Index));
    ranks_.broadcast(numbers.data(), numbers.size() * sizeof(Real));
    set_matrices(own, X);
  }
  run(own, weigh);
  if (!take) return;
  whole_.team_->for_each_tile(lanes, [&](Index l) {
    Mat G;
    whole_.unpack(total_.data() + l / own.width * whole_.columns_ * own.width + l % own.width, own.width, G);
    take(l, G);
  });
}

void DenseOperator::Shards::read(Index row, Real* entries) {
  const Ranks::Turn turn(ranks_);
  ranks_.ask({.kind = Request::read, .shard = number_, .first = row, .count = 1});
  read_here({row, 1}, entries);
}

void DenseOperator::Shards::read_here(Rows rows, Real* entries) {
  std::vector<Real> own(columns_);
  const bool has = columns_ > 0 && (by_columns_ || rows_at(place_, rows).count > 0);
  if (has) store_->read(rows.first - rows_.first, own.data());
  if (!ranks_.leads()) {
    if (has) ranks_.send(0, own.data(), columns_ * sizeof(Real));
    return;
  }
  if (has) std::copy(own.begin(), own.end(), entries + column_);
  for (Index place = 0; place + 1 < ranks_.count(); ++place) {
    const Index begin = part_begin_at(place), size = part_begin_at(place + 1) - begin;
    if (by_columns_ && size > 0) ranks_.receive(rank_at(place), entries + begin, size * sizeof(Real));
    if (!by_columns_ && rows_at(place, rows).count > 0)
      ranks_.receive(rank_at(place), entries, columns_ * sizeof(Real));
  }
}

void DenseOperator::Shards::serve(const Request& request) {
  if (request.kind == Request::read) return read_here(request.rows(), nullptr);
  const Pass own = pass_of(request);
  if (own.measures) {
    std::vector<Index> ranks(request.lanes);
    ranks_.broadcast(ranks.data(), ranks.size() * sizeof(Index));
    std::vector<Real> numbers(request.size);
    ranks_.broadcast(numbers.data(), numbers.size() * sizeof(Real));
    std::vector<LowRank> pairs;
    const Real* next = numbers.data();
    for (const Index rank : ranks) {
      const Index n1 = whole_.rows(), n2 = rank == 0 ? 0 : whole_.cols(), k = rank == 0 ? whole_.cols() : rank;
      pairs.push_back({Mat(next, n1, k), Mat(next + n1 * k, n2, rank)});
      next += n1 * k + n2 * rank;
    }
    std::vector<const LowRank*> X;
    for (const LowRank& pair : pairs) X.push_back(&pair);
    set_matrices(own, X);
  }
  run(own, {});
}

}  // namespace tightrope
